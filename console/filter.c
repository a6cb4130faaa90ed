#include "console/filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

const char *const filter_statuses[LEDGER_STATUSES + 1] = {
    "completed", "ignored", "superseded", "retrying", "failed", NULL,
};

/* "user.*" begins with "user."; what has no star is meant whole. */
static bool is_prefix(const char *type)
{
    size_t size = strlen(type);

    return size > 0 && type[size - 1] == '*';
}

static bool has_type(const char *wanted, struct slice type)
{
    struct slice prefix = {wanted, strlen(wanted) - 1};

    if (!is_prefix(wanted))
        return slice_is(type, wanted);
    return type.size >= prefix.size &&
           memcmp(type.data, prefix.data, prefix.size) == 0;
}

static bool has_text(struct slice text, const char *wanted)
{
    size_t size = strlen(wanted);

    for (size_t i = 0; i + size <= text.size; i++)
        if (strncasecmp(text.data + i, wanted, size) == 0)
            return true;
    return false;
}

static const char *write_ms(int64_t ms, char *out, size_t size)
{
    if (ms == FLAG_TIME_NONE)
        return NULL;
    snprintf(out, size, "%" PRId64, ms);
    return out;
}

void filter_values(const struct filter *filter,
                   struct filter_values *ret_values)
{
    const char **values = ret_values->values;
    bool has_prefix = filter->type != NULL && is_prefix(filter->type);

    if (has_prefix)
        snprintf(ret_values->type_prefix, sizeof(ret_values->type_prefix),
                 "%.*s", (int)strlen(filter->type) - 1, filter->type);
    values[0] = filter->id;
    values[1] = has_prefix ? NULL : filter->type;
    values[2] = has_prefix ? ret_values->type_prefix : NULL;
    values[3] = filter->entity;
    values[4] = filter->status >= 0 ? filter_statuses[filter->status] : NULL;
    values[5] = filter->error;
    values[6] = write_ms(filter->from_ms, ret_values->from_ms,
                         sizeof(ret_values->from_ms));
    values[7] =
        write_ms(filter->to_ms, ret_values->to_ms, sizeof(ret_values->to_ms));
}

bool filter_matches(const struct filter *filter,
                    const struct filter_subject *subject)
{
    return (filter->id == NULL || slice_is(subject->id, filter->id)) &&
           (filter->type == NULL || has_type(filter->type, subject->type)) &&
           (filter->entity == NULL ||
            slice_is(subject->entity, filter->entity)) &&
           (filter->status < 0 || filter->status == subject->status) &&
           (filter->error == NULL || has_text(subject->error, filter->error)) &&
           (filter->from_ms == FLAG_TIME_NONE ||
            subject->time_ms >= filter->from_ms) &&
           (filter->to_ms == FLAG_TIME_NONE ||
            subject->time_ms < filter->to_ms);
}

bool filter_is_given(const struct filter *filter)
{
    return filter->id != NULL || filter->type != NULL ||
           filter->entity != NULL || filter->status >= 0 ||
           filter->error != NULL || filter->from_ms != FLAG_TIME_NONE ||
           filter->to_ms != FLAG_TIME_NONE;
}
