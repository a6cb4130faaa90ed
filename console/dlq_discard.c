/* clerkstream dlq discard - give a dead letter up, for a reason that is kept.
 *
 * The letter stays on the topic; it gets a mark (0006_dead_letter_marks.sql).
 */
#include "console/commands.h"
#include "console/dlq_act.h"
#include "console/postgres.h"

static const struct flag discard_flags[] = {
    DLQ_LETTER(false),
    DLQ_FILTERS,
    DLQ_ACT_FLAGS("Why; it is kept with the mark. Needed.",
                  "Discard all of them, where none was chosen."),
    FLAG_TIMEOUT(struct dlq_flags, "30"),
    FLAG_JSON(struct dlq_flags),
};

static int discard(struct dlq_act *act, struct dlq_letter *letter,
                   struct error *err)
{
    bool is_ours;

    if (dlq_letter_skip(letter, act->flags->again, &act->box.arena))
        return 0;
    if (act->flags->is_dry_run) {
        letter->outcome.result = DLQ_RESULT_WOULD_DISCARD;
        return 0;
    }
    postgres_set_timeout(act->box.db, act->box.timeout_ms);
    if (dlq_act_claim(act, letter, &is_ours, err) != 0)
        return -1;
    if (is_ours)
        letter->outcome.result = DLQ_RESULT_DISCARDED;
    return 0;
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct dlq_act_flags *flags = given;
    struct dlq_act act = {.claim = {.action = DLQ_MARK_DISCARDED}};
    int result = 0;

    if (flags->reason == NULL)
        return error_set(err, ERROR_INPUT,
                         "--reason: given nothing, allowed is any text: it is "
                         "kept");
    if (dlq_act_open(&act, config, flags, "Discard", err) != 0)
        return -1;
    for (size_t i = 0; i < act.count && result == 0; i++)
        result = discard(&act, act.chosen[i], err);
    result = dlq_act_tell(&act, result, err);
    dlq_act_close(&act);
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
    .flags_bytes = sizeof(struct dlq_act_flags),
    .run = run,
};
