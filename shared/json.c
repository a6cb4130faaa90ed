#include "shared/json.h"

#include "shared/json_escape.h"
#include "shared/memory.h"
#include "shared/utf8.h"

#include <endian.h>
#include <stdlib.h>

#define ONES 0x0101010101010101u
#define HIGHS 0x8080808080808080u

struct parser {
    struct json_document *doc;
    const char *data;
    uint32_t at;
    uint32_t size;
    struct error *err;
};

static int refuse(const struct parser *p, const char *what)
{
    return error_set(p->err, ERROR_INPUT, "not JSON: %s at byte %u", what,
                     p->at);
}

static uint32_t node_new(struct json_document *doc, enum json_type type,
                         uint32_t start)
{
    if (doc->count == doc->capacity) {
        doc->capacity = doc->capacity > 0 ? doc->capacity * 2 : 128;
        doc->nodes =
            memory_resize(doc->nodes, doc->capacity, sizeof(*doc->nodes));
    }
    doc->nodes[doc->count] = (struct json_node){
        .start = start, .next = doc->count + 1, .type = (uint8_t)type};
    return doc->count++;
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->size) {
        char c = p->data[p->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return;
        p->at++;
    }
}

static int scan_escape(struct parser *p)
{
    const char *at = p->data + p->at;
    size_t size = p->size - p->at;

    if (size < 2)
        return refuse(p, "text ends inside an escape");
    if (at[1] == 'u') {
        size_t taken;
        if (!json_is_unicode(at, size))
            return refuse(p, "\\u without four hexadecimal digits");
        if (json_unicode(at, size, &taken) < 0)
            p->doc->has_unstorable = true;
        p->at += (uint32_t)taken;
        return 0;
    }
    if (at[1] == '\0' || strchr("\"\\/bfnrt", at[1]) == NULL)
        return refuse(p, "unknown escape");
    p->at += 2;
    return 0;
}

static int scan_wide(struct parser *p)
{
    size_t size = utf8_size_at(p->data + p->at, p->size - p->at);

    if (size == 0)
        return refuse(p, "bytes that are not UTF-8");
    p->at += (uint32_t)size;
    return 0;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* How many of eight bytes are plain, up to the first that is not: each term
 * has a byte's high bit set where that byte is not, or where a lower one is
 * not; so the lowest bit tells true. */
static uint32_t count_plain(const char *at)
{
    uint64_t word, quote, escape, others;

    memcpy(&word, at, sizeof(word));
    word = le64toh(word);
    quote = word ^ ONES * '"';
    escape = word ^ ONES * '\\';
    others = (word | (word - ONES * 0x20) | (quote - ONES) | (escape - ONES)) &
             HIGHS;
    return others == 0 ? 8 : (uint32_t)__builtin_ctzll(others) / 8;
}

static void skip_plain(struct parser *p)
{
    while (p->size - p->at >= 8) {
        uint32_t count = count_plain(p->data + p->at);
        p->at += count;
        if (count < 8)
            return;
    }
    while (p->at < p->size && is_plain((unsigned char)p->data[p->at]))
        p->at++;
}

static int scan_string(struct parser *p)
{
    uint32_t index = node_new(p->doc, JSON_STRING, ++p->at);

    for (;;) {
        unsigned char c;
        skip_plain(p);
        if (p->at >= p->size)
            return refuse(p, "text ends inside a string");
        c = (unsigned char)p->data[p->at];
        if (c == '"') {
            p->doc->nodes[index].end = p->at++;
            return 0;
        }
        if (c < 0x20)
            return refuse(p, "control character inside a string");
        if (c == '\\')
            p->doc->nodes[index].is_escaped = true;
        if ((c == '\\' ? scan_escape(p) : scan_wide(p)) != 0)
            return -1;
    }
}

static bool scan_digits(struct parser *p)
{
    uint32_t start = p->at;

    while (p->at < p->size && p->data[p->at] >= '0' && p->data[p->at] <= '9')
        p->at++;
    return p->at > start;
}

static bool scan_char(struct parser *p, char c)
{
    if (p->at >= p->size || p->data[p->at] != c)
        return false;
    p->at++;
    return true;
}

static int scan_number(struct parser *p)
{
    uint32_t index = node_new(p->doc, JSON_NUMBER, p->at);

    scan_char(p, '-');
    if (!scan_char(p, '0') && !scan_digits(p))
        return refuse(p, "not a value");
    if (scan_char(p, '.') && !scan_digits(p))
        return refuse(p, "no digit behind a decimal point");
    if (scan_char(p, 'e') || scan_char(p, 'E')) {
        if (!scan_char(p, '+'))
            scan_char(p, '-');
        if (!scan_digits(p))
            return refuse(p, "no digit in an exponent");
    }
    p->doc->nodes[index].end = p->at;
    return 0;
}

static int scan_word(struct parser *p, const char *word, enum json_type type)
{
    size_t size = strlen(word);

    if (p->size - p->at < size || memcmp(p->data + p->at, word, size) != 0)
        return refuse(p, "not a value");
    node_new(p->doc, type, p->at);
    p->at += (uint32_t)size;
    p->doc->nodes[p->doc->count - 1].end = p->at;
    return 0;
}

static int scan_value(struct parser *p, int depth);

static int scan_member(struct parser *p, int depth)
{
    skip_blanks(p);
    if (p->at >= p->size || p->data[p->at] != '"')
        return refuse(p, "no name of a member");
    if (scan_string(p) != 0)
        return -1;
    skip_blanks(p);
    if (!scan_char(p, ':'))
        return refuse(p, "no colon behind a name");
    return scan_value(p, depth);
}

/* An array or an object: what they share is the brackets and the commas. */
static int scan_container(struct parser *p, enum json_type type, char close,
                          int depth)
{
    uint32_t index = node_new(p->doc, type, p->at++);

    if (depth >= JSON_DEPTH_MAX)
        return refuse(p, "nested too deep");
    skip_blanks(p);
    if (!scan_char(p, close)) {
        do {
            if ((type == JSON_OBJECT ? scan_member(p, depth + 1)
                                     : scan_value(p, depth + 1)) != 0)
                return -1;
            skip_blanks(p);
        } while (scan_char(p, ','));
        if (!scan_char(p, close))
            return refuse(p, "no comma or closing bracket");
    }
    p->doc->nodes[index].end = p->at;
    p->doc->nodes[index].next = p->doc->count;
    return 0;
}

static int scan_value(struct parser *p, int depth)
{
    skip_blanks(p);
    if (p->at >= p->size)
        return refuse(p, "text ends before a value");
    switch (p->data[p->at]) {
    case '{':
        return scan_container(p, JSON_OBJECT, '}', depth);
    case '[':
        return scan_container(p, JSON_ARRAY, ']', depth);
    case '"':
        return scan_string(p);
    case 't':
        return scan_word(p, "true", JSON_TRUE);
    case 'f':
        return scan_word(p, "false", JSON_FALSE);
    case 'n':
        return scan_word(p, "null", JSON_NULL);
    default:
        return scan_number(p);
    }
}

int json_parse(struct json_document *doc, struct slice text, struct error *err)
{
    struct parser p = {.doc = doc, .data = text.data, .err = err};

    doc->text = text;
    doc->count = 0;
    doc->has_unstorable = false;
    doc->is_whole = false;
    if (text.size >= UINT32_MAX)
        return error_set(err, ERROR_INPUT, "not JSON: 4 GiB or more");
    p.size = (uint32_t)text.size;
    if (scan_value(&p, 0) != 0)
        return -1;
    skip_blanks(&p);
    if (p.at < p.size)
        return refuse(&p, "something behind the value");
    doc->is_whole = true;
    return 0;
}

void json_release(struct json_document *doc)
{
    free(doc->nodes);
    *doc = (struct json_document){.count = 0};
}

const struct json_node *json_first(const struct json_document *doc,
                                   const struct json_node *parent)
{
    uint32_t index = (uint32_t)(parent - doc->nodes);
    return parent->next > index + 1 ? parent + 1 : NULL;
}

const struct json_node *json_next(const struct json_document *doc,
                                  const struct json_node *parent,
                                  const struct json_node *node)
{
    return node->next < parent->next ? &doc->nodes[node->next] : NULL;
}

struct slice json_raw(const struct json_document *doc,
                      const struct json_node *node)
{
    return (struct slice){doc->text.data + node->start,
                          node->end - node->start};
}

bool json_text(const struct json_document *doc, const struct json_node *node,
               struct arena *arena, struct slice *ret_text)
{
    if (!node->is_escaped) {
        *ret_text = json_raw(doc, node);
        return true;
    }
    return json_unescape(json_raw(doc, node), arena, ret_text);
}

static bool is_named(const struct json_document *doc,
                     const struct json_node *name, struct slice wanted)
{
    struct arena arena = {NULL};
    struct slice text;
    bool is_equal;

    if (!name->is_escaped)
        return slice_equal(json_raw(doc, name), wanted);
    is_equal = json_text(doc, name, &arena, &text) && slice_equal(text, wanted);
    arena_release(&arena);
    return is_equal;
}

const struct json_node *json_get(const struct json_document *doc,
                                 const struct json_node *object,
                                 const char *name)
{
    const struct json_node *found = NULL;
    struct slice wanted = slice_of(name);

    if (object == NULL || object->type != JSON_OBJECT)
        return NULL;
    for (const struct json_node *at = json_first(doc, object); at != NULL;) {
        const struct json_node *value = at + 1;
        if (is_named(doc, at, wanted))
            found = value;
        at = json_next(doc, object, value);
    }
    return found;
}

const struct json_node *json_get_typed(const struct json_document *doc,
                                       const struct json_node *object,
                                       const char *name, enum json_type type)
{
    const struct json_node *node = json_get(doc, object, name);
    return node != NULL && node->type == type ? node : NULL;
}

bool json_is_storable(const struct json_document *doc,
                      const struct json_node *node)
{
    uint32_t first = (uint32_t)(node - doc->nodes);

    if (!doc->has_unstorable)
        return true;
    for (uint32_t i = first; i < node->next; i++) {
        struct arena arena = {NULL};
        struct slice text;
        bool is_text = doc->nodes[i].type != JSON_STRING ||
                       json_text(doc, &doc->nodes[i], &arena, &text);
        arena_release(&arena);
        if (!is_text)
            return false;
    }
    return true;
}
