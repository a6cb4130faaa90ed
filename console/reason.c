#include "console/reason.h"

#define STATE_BYTES 5
static const char postgres_prefix[] = "PostgreSQL: SQLSTATE ";
/* What PostgreSQL calls those that an event can meet. */
static const struct {
    const char state[STATE_BYTES + 1];
    const char *name;
} states[] = {
    {"22001", "string data right truncation"},
    {"22003", "numeric value out of range"},
    {"22007", "invalid datetime format"},
    {"22008", "datetime field overflow"},
    {"22023", "invalid parameter value"},
    {"22P02", "invalid text representation"},
    {"22P05", "untranslatable character"},
    {"23502", "not null violation"},
    {"23503", "foreign key violation"},
    {"23505", "unique violation"},
    {"23514", "check violation"},
    {"23P01", "exclusion violation"},
    {"55P03", "lock not available"},
    {"57014", "query canceled"},
    {"P0001", "raise exception"},
};

static const char constraint_mark[] = "constraint \"";

/* The name in `… violates check constraint "name"`, without the quotes. */
static struct slice find_constraint(struct slice text)
{
    const char *at = memmem(text.data, text.size, constraint_mark,
                            sizeof(constraint_mark) - 1);
    const char *end;

    if (at == NULL)
        return SLICE_EMPTY;
    at += sizeof(constraint_mark) - 1;
    end = memchr(at, '"', text.size - (size_t)(at - text.data));
    if (end == NULL)
        return SLICE_EMPTY;
    return (struct slice){at, (size_t)(end - at)};
}

static void add_name(struct buffer *out, const char *state)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (memcmp(states[i].state, state, STATE_BYTES) == 0)
            buffer_add_format(out, " (%s)", states[i].name);
}

void reason_add_shown(struct buffer *out, struct slice text, bool is_whole)
{
    size_t kept = sizeof(postgres_prefix) - 1 + STATE_BYTES;
    struct slice constraint;

    if (is_whole || !slice_starts_with(text, "PostgreSQL: ")) {
        buffer_add_slice(out, text);
        return;
    }
    if (!slice_starts_with(text, postgres_prefix) || text.size < kept) {
        buffer_add_text(out, "PostgreSQL");
        return;
    }
    constraint = find_constraint(text);
    buffer_add(out, text.data, kept);
    add_name(out, text.data + kept - STATE_BYTES);
    if (constraint.size > 0)
        buffer_add_format(out, ", constraint %.*s", SLICE_PRINT(constraint));
}
