/* clerkstream dlq discard - give a dead letter up, for a reason that is kept.
 *
 * The letter stays on the topic; it gets a mark (0006_dead_letter_marks.sql).
 */
#include "console/commands.h"
#include "console/dlq.h"
#include "console/dlq_mark.h"
#include "console/operator.h"
#include "console/postgres.h"

#include <stdlib.h>

struct discard_flags {
    struct dlq_flags chosen; /* comes first */
    const char *reason;
    const char *operator;
    bool again;
    bool is_dry_run;
    bool is_yes;
};

#define AT(field) offsetof(struct discard_flags, field)

static const struct flag discard_flags[] = {
    DLQ_LETTER(false),
    DLQ_FILTERS,
    {.name = "reason",
     .type = FLAG_TEXT,
     .offset = AT(reason),
     .value = "TEXT",
     .about = "Why; it is kept with the mark. Needed."},
    {.name = "operator",
     .type = FLAG_TEXT,
     .offset = AT(operator),
     .value = "NAME",
     .about = "Who does it; the login name where none is given."},
    {.name = "again",
     .type = FLAG_SWITCH,
     .offset = AT(again),
     .about = "Also what was redriven or discarded before."},
    {.name = "dry-run",
     .type = FLAG_SWITCH,
     .offset = AT(is_dry_run),
     .about = "Say what would happen, and change nothing."},
    {.name = "yes",
     .type = FLAG_SWITCH,
     .offset = AT(is_yes),
     .about = "Discard all of them, where none was chosen."},
    FLAG_TIMEOUT(struct dlq_flags, "30"),
    FLAG_JSON(struct dlq_flags),
};

static int discard(struct dlq_box *box, struct dlq_letter *letter,
                   const struct dlq_claim *claim, bool is_dry_run,
                   struct error *err)
{
    bool is_ours;

    if (dlq_letter_skip(letter, claim->again, &box->arena))
        return 0;
    letter->outcome.result = DLQ_RESULT_WOULD_DISCARD;
    if (is_dry_run)
        return 0;
    postgres_set_timeout(box->db, box->timeout_ms);
    if (dlq_mark_claim(box->db, letter, claim, &is_ours, err) != 0) {
        letter->outcome.result = DLQ_RESULT_NONE;
        return -1;
    }
    letter->outcome.result =
        is_ours ? DLQ_RESULT_DISCARDED : DLQ_RESULT_SKIPPED;
    if (!is_ours)
        letter->outcome.why = slice_of("another operator was at it just now");
    return 0;
}

static int discard_all(struct dlq_box *box, struct dlq_letter *const *chosen,
                       size_t count, const struct discard_flags *flags,
                       struct error *err)
{
    char login[OPERATOR_BYTES];
    const struct dlq_claim claim = {.action = DLQ_MARK_DISCARDED,
                                    .reason = flags->reason,
                                    .operator= flags->operator!= NULL
                                    ? flags->operator: login,
                                    .again = flags->again };
    struct error left;
    int result = 0;

    operator_name(login);
    for (size_t i = 0; i < count && result == 0; i++)
        result = discard(box, chosen[i], &claim, flags->is_dry_run, err);
    if (dlq_print_outcomes(chosen, count, &flags->chosen, flags->is_dry_run,
                           result == 0 ? err : &left) != 0)
        return -1;
    return result;
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct discard_flags *flags = given;
    struct dlq_letter **chosen;
    struct dlq_box box;
    size_t count;
    int result;

    if (flags->reason == NULL)
        return error_set(err, ERROR_INPUT,
                         "--reason: given nothing, allowed is any text: it is "
                         "kept");
    if (dlq_open(config, &flags->chosen, &box, &chosen, &count, err) != 0)
        return -1;
    result = dlq_confirm(&flags->chosen, flags->is_yes || flags->is_dry_run,
                         "Discard", count, err);
    if (result == 0)
        result = discard_all(&box, chosen, count, flags, err);
    free(chosen);
    dlq_box_close(&box);
    return result;
}

const struct command command_dlq_discard = {
    .name = "dlq discard",
    .about = "Give dead letters up, and keep the reason.",
    .detail =
        "Nothing is deleted: the letters stay on their topic and are left out\n"
        "of dlq list. dlq redrive --again takes it back.",
    .example = "clerkstream dlq discard msg_2abc --reason 'a test of ours'",
    .flags = discard_flags,
    .flags_count = sizeof(discard_flags) / sizeof(discard_flags[0]),
    .flags_bytes = sizeof(struct discard_flags),
    .run = run,
};
