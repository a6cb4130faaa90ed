/* dlq_mark - the operators' marks, in the table dead_letter_marks. */
#pragma once

#include "console/dlq_letter.h"

struct postgres;

struct dlq_claim {
    enum dlq_action action;
    const char *reason; /* may be NULL */
    const char *who;
    bool again; /* whatever it is marked with */
};

/* Mark a letter, in the transaction that is open, if one is.  Waits for another
 * operator who is at it; `ret_is_ours` is false where it is marked already. */
int dlq_mark_claim(struct postgres *db, const struct dlq_letter *letter,
                   const struct dlq_claim *claim, bool *ret_is_ours,
                   struct error *err);
/* Where its event was published. */
int dlq_mark_redriven(struct postgres *db, const struct dlq_letter *letter,
                      const struct dlq_place *place, struct error *err);
