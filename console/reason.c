#include "console/reason.h"

#define STATE_BYTES 5
static const char postgres_prefix[] = "PostgreSQL: SQLSTATE ";
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
    if (constraint.size > 0)
        buffer_add_format(out, ", constraint %.*s", SLICE_PRINT(constraint));
}
