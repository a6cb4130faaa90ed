/* clerkstream dlq list - what waits for a person. */
#include "console/commands.h"
#include "console/dlq.h"

#include <stdlib.h>

static const struct flag list_flags[] = {
    DLQ_FILTERS,
    {.name = "all",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct dlq_flags, has_all),
     .about = "Also those that were applied, discarded or replaced."},
    DLQ_PAYLOAD_REASONS,
    FLAG_TIMEOUT(struct dlq_flags, "30"),
    FLAG_JSON(struct dlq_flags),
};

/* A letter that is named is chosen whatever its state; without --all only open
 * ones are listed. */
static size_t keep_open(struct dlq_letter **letters, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (dlq_letter_is_open(letters[i]))
            letters[kept++] = letters[i];
    return kept;
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct dlq_flags *flags = given;
    struct dlq_letter **chosen;
    struct dlq_box box;
    size_t count;
    int result;

    if (dlq_open(config, flags, &box, &chosen, &count, err) != 0)
        return -1;
    if (!flags->has_all)
        count = keep_open(chosen, count);
    result = dlq_print_letters(chosen, count, flags, err);
    free(chosen);
    dlq_box_close(&box);
    return result;
}

const struct command command_dlq_list = {
    .name = "dlq list",
    .about = "Show the dead letters about which something is to be done.",
    .detail =
        "The newest first. Left out is what was redriven and applied, what\n"
        "was discarded, and what was redriven and failed again: that has\n"
        "another dead letter. States: waiting (for you), redriven (the\n"
        "consumers have not come to it yet), retrying (they try it again),\n"
        "and with --all applied, discarded, replaced (by a newer one).",
    .example = "clerkstream dlq list --error 23503",
    .flags = list_flags,
    .flags_count = sizeof(list_flags) / sizeof(list_flags[0]),
    .flags_bytes = sizeof(struct dlq_flags),
    .run = run,
};
