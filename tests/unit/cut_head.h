/* cut_head - the head of a request in the pieces into which libmicrohttpd
 * 0.9.75 cuts it: in their places, terminated there, folds glued to the name
 * before.
 *
 *     received_init(&from, text);
 *     if (received_cut(&from, &head)) ...
 *
 * False: no whole head, or one that libmicrohttpd answers by itself. */
#pragma once

#include "producer/head.h"

#define HEAD_BYTES 4096

/* Where libmicrohttpd has a head: the received bytes, and what it had to put
 * elsewhere. */
struct received {
    char bytes[3 * HEAD_BYTES];
    size_t size;
    size_t at;   /* the next line */
    size_t free; /* behind the received bytes */
};

static inline void received_init(struct received *from, struct slice text)
{
    memset(from, 0, sizeof(*from));
    memcpy(from->bytes, text.data, text.size);
    from->size = text.size;
    from->free = HEAD_BYTES;
}

/* Its next line, up to CR, LF or both, which become NULs; NULL at the end. */
static inline char *received_line(struct received *from, size_t *ret_size)
{
    char *line = from->bytes + from->at;
    size_t left = from->size - from->at, size = 0;

    while (size < left && line[size] != '\r' && line[size] != '\n')
        size++;
    if (size == left || (size + 1 == left && line[size] == '\r'))
        return NULL;
    from->at += size + 1;
    if (line[size] == '\r' && line[size + 1] == '\n')
        from->bytes[from->at++] = '\0';
    line[size] = '\0';
    *ret_size = size;
    return line;
}

/* The target ends before the last blank of the line. */
static inline bool received_request_line(struct received *from,
                                         struct head *head)
{
    size_t size;
    char *method = received_line(from, &size), *target, *version;

    target = method != NULL ? memchr(method, ' ', size) : NULL;
    if (target == NULL)
        return false;
    version = method + size - 1;
    *target++ = '\0';
    while (target < version && *target == ' ')
        target++;
    while (version > target && *version != ' ')
        version--;
    if (version <= target)
        return false;
    *version++ = '\0';
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return false;
    head_begin(head, target);
    target[strcspn(target, "?")] = '\0'; /* and it unescapes in its place */
    head_line(head, method, version);
    return true;
}

/* A fold is glued to the name, which gets a new place; NULL: no place. */
static inline char *received_glue(struct received *from, const char *name,
                                  const char *fold)
{
    char *moved = from->bytes + from->free;
    size_t size = strlen(name), more;

    fold += strspn(fold, " \t");
    more = strlen(fold) + 1;
    if (from->free + size + more > sizeof(from->bytes))
        return NULL;
    memcpy(moved, name, size);
    memcpy(moved + size, fold, more);
    from->free += size + more;
    return moved;
}

static inline bool received_cut(struct received *from, struct head *ret_head)
{
    char *name = NULL, *value = NULL, *line;
    size_t size;

    if (!received_request_line(from, ret_head))
        return false;
    while ((line = received_line(from, &size)) != NULL) {
        if (name != NULL && (line[0] == ' ' || line[0] == '\t')) {
            name = received_glue(from, name, line);
            if (name == NULL)
                return false;
            continue;
        }
        if (name != NULL)
            head_add(ret_head, slice_of(name), slice_of(value));
        if (line[0] == '\0') {
            head_end(ret_head, from->bytes + from->at);
            return true;
        }
        name = line;
        value = strchr(line, ':');
        if (value == NULL)
            return false;
        *value++ = '\0';
        value += strspn(value, " \t");
    }
    return false;
}
