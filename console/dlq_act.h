/* dlq_act - what redrive and discard share: their flags, who does it and why,
 * and what comes before and after it. */
#pragma once

#include "console/dlq.h"
#include "console/dlq_mark.h"
#include "console/operator.h"

struct dlq_act_flags {
    struct dlq_flags chosen; /* comes first */
    const char *reason;
    const char *who;
    bool again;
    bool is_dry_run;
    bool is_yes;
};

#define DLQ_ACT_FLAGS(why, all)                                                \
    {.name = "reason",                                                         \
     .type = FLAG_TEXT,                                                        \
     .offset = offsetof(struct dlq_act_flags, reason),                         \
     .value = "TEXT",                                                          \
     .about = (why)},                                                          \
        {.name = "operator",                                                   \
         .type = FLAG_TEXT,                                                    \
         .offset = offsetof(struct dlq_act_flags, who),                        \
         .value = "NAME",                                                      \
         .about = "Who does it; the login name where none is given."},         \
        {.name = "again",                                                      \
         .type = FLAG_SWITCH,                                                  \
         .offset = offsetof(struct dlq_act_flags, again),                      \
         .about = "Also what was redriven or discarded before."},              \
        {.name = "dry-run",                                                    \
         .type = FLAG_SWITCH,                                                  \
         .offset = offsetof(struct dlq_act_flags, is_dry_run),                 \
         .about = "Say what would happen, and change nothing."},               \
    {                                                                          \
        .name = "yes", .type = FLAG_SWITCH,                                    \
        .offset = offsetof(struct dlq_act_flags, is_yes), .about = (all),      \
    }

struct dlq_act {
    const struct dlq_act_flags *flags;
    struct dlq_box box;
    struct dlq_letter **chosen;
    size_t count;
    struct dlq_claim claim;
    char login[OPERATOR_BYTES];
};

/* Open the box and choose; ask whether to go on where all of them are meant:
 * `verb` is "Redrive".  Where it fails nothing is open. */
int dlq_act_open(struct dlq_act *act, const struct console_config *config,
                 const struct dlq_act_flags *flags, const char *verb,
                 struct error *err);
void dlq_act_close(struct dlq_act *act);

/* Mark a letter, unless another operator is quicker: then it is skipped. */
int dlq_act_claim(struct dlq_act *act, struct dlq_letter *letter,
                  bool *ret_is_ours, struct error *err);

/* Print what came of the letters, and return `result`, what came of it all:
 * why that failed stays in `err`. */
int dlq_act_tell(const struct dlq_act *act, int result, struct error *err);
