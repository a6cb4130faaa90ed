#include "tests/bench/floor_event.h"

#include <stdlib.h>

static const char *const type_begins[FLOOR_KINDS] = {
    "\"type\":\"user.", "\"type\":\"organization.",
    "\"type\":\"organizationMembership."};
static const char *const id_begins[FLOOR_KINDS] = {
    "\"id\":\"user_", "\"id\":\"org_", "\"id\":\"orgmem_"};

/* What stands behind `name`; NULL where it does not occur. */
static const char *behind(struct slice value, const char *name)
{
    const char *at = memmem(value.data, value.size, name, strlen(name));

    return at != NULL ? at + strlen(name) : NULL;
}

static struct slice until_quote(const struct slice value, const char *start)
{
    const char *end =
        memchr(start, '"', value.size - (size_t)(start - value.data));

    if (end == NULL)
        return SLICE_EMPTY;
    return (struct slice){start, (size_t)(end - start)};
}

/* A string's characters as they stand; NULL where it is none. */
static struct slice text_of(struct slice value, const char *name)
{
    const char *start = behind(value, name);

    if (start == NULL || *start != '"')
        return SLICE_EMPTY;
    return until_quote(value, start + 1);
}

/* An id, of which `name` holds the beginning. */
static struct slice id_of(struct slice value, const char *name)
{
    const char *start = behind(value, name);
    size_t prefix;

    if (start == NULL)
        return SLICE_EMPTY;
    prefix = strlen(strrchr(name, '"') + 1);
    return until_quote(value, start - prefix);
}

static struct slice object_of(struct slice value, const char *name)
{
    const char *start = behind(value, name);
    const char *end = value.data + value.size;
    int depth = 0;

    if (start == NULL || *start != '{')
        return SLICE_EMPTY;
    for (const char *at = start; at < end; at++) {
        depth += (*at == '{') - (*at == '}');
        if (depth == 0)
            return (struct slice){start, (size_t)(at + 1 - start)};
    }
    return SLICE_EMPTY;
}

/* Of the last of that name: those before are of inner objects. */
static int64_t last_number_of(struct slice value, const char *name)
{
    struct slice rest = value;
    const char *found = NULL, *at;

    while ((at = behind(rest, name)) != NULL) {
        found = at;
        rest = (struct slice){at, value.size - (size_t)(at - value.data)};
    }
    return found != NULL ? strtoll(found, NULL, 10) : 0;
}

static enum floor_kind kind_of(struct slice value, struct slice *ret_type)
{
    int kind = 0;
    const char *at = NULL;

    while (kind < FLOOR_KINDS &&
           (at = behind(value, type_begins[kind])) == NULL)
        kind++;
    if (at == NULL)
        abort(); /* not one of ours */
    *ret_type = text_of(value, "\"type\":");
    return (enum floor_kind)kind;
}

void floor_event_read(struct floor_event *event)
{
    static const char *const names[FLOOR_KINDS][6] = {
        {"\"email_address\":", "\"username\":", "\"first_name\":",
         "\"last_name\":", "\"image_url\":", "\"external_id\":"},
        {"\"name\":", "\"slug\":", "\"image_url\":", "\"created_by\":"},
        {"\"role\":"}};
    struct slice value = event->value;

    event->kind = kind_of(value, &event->type);
    event->is_deleted =
        memmem(event->type.data, event->type.size, ".deleted", 8) != NULL;
    event->id = id_of(value, id_begins[event->kind]);
    for (int i = 0; i < 6 && names[event->kind][i] != NULL; i++)
        event->text[i] = text_of(value, names[event->kind][i]);
    event->metadata = object_of(value, "\"public_metadata\":");
    event->created_at_ms = last_number_of(value, "\"created_at\":");
    event->updated_at_ms = last_number_of(value, "\"updated_at\":");
    if (event->updated_at_ms == 0)
        event->updated_at_ms = last_number_of(value, "\"timestamp\":");
    if (event->kind == FLOOR_MEMBERSHIP) {
        event->user_id = id_of(value, "\"user_id\":\"user_");
        event->organization_id = id_of(value, "\"id\":\"org_");
    }
}
