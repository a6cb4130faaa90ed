#include "console/dlq_act.h"

#include "console/terminal.h"

#include <stdio.h>
#include <stdlib.h>

/* Before many are touched, unless some were chosen. */
static int confirm(const struct dlq_act *act, const char *verb,
                   struct error *err)
{
    const struct dlq_flags *chosen = &act->flags->chosen;
    char question[80];

    if (act->flags->is_yes || act->flags->is_dry_run || act->count == 0 ||
        chosen->letter != NULL || filter_is_given(&chosen->filter))
        return 0;
    snprintf(question, sizeof(question), "%s all %zu dead letters?", verb,
             act->count);
    return terminal_confirm(question, err);
}

int dlq_act_open(struct dlq_act *act, const struct console_config *config,
                 const struct dlq_act_flags *flags, const char *verb,
                 struct error *err)
{
    act->flags = flags;
    operator_name(act->login);
    act->claim.who = flags->who != NULL ? flags->who : act->login;
    act->claim.reason = flags->reason;
    act->claim.again = flags->again;
    if (dlq_open(config, &flags->chosen, &act->box, &act->chosen, &act->count,
                 err) != 0)
        return -1;
    if (confirm(act, verb, err) == 0)
        return 0;
    dlq_act_close(act);
    return -1;
}

void dlq_act_close(struct dlq_act *act)
{
    free(act->chosen);
    dlq_box_close(&act->box);
}

int dlq_act_claim(struct dlq_act *act, struct dlq_letter *letter,
                  bool *ret_is_ours, struct error *err)
{
    if (dlq_mark_claim(act->box.db, letter, &act->claim, ret_is_ours, err) != 0)
        return -1;
    if (*ret_is_ours)
        return 0;
    letter->outcome.result = DLQ_RESULT_SKIPPED;
    letter->outcome.why = slice_of("another operator was at it just now");
    return 0;
}

int dlq_act_tell(const struct dlq_act *act, int result, struct error *err)
{
    struct error left;

    return dlq_print_outcomes(act->chosen, act->count, &act->flags->chosen,
                              act->flags->is_dry_run,
                              result == 0 ? err : &left) == 0
               ? result
               : -1;
}
