#include "console/explanation.h"

const char *const outcome_names[] = {[OUTCOME_HOLDS] = "holds",
                                     [OUTCOME_LOST] = "lost",
                                     [OUTCOME_PENDING] = "pending"};

const char *const decided_by_names[] = {
    [DECIDED_BY_NOTHING] = NULL,
    [DECIDED_BY_CLASS] = "class",
    [DECIDED_BY_T] = "t",
    [DECIDED_BY_RANK] = "rank",
    [DECIDED_BY_TS] = "ts",
    [DECIDED_BY_ID] = "id",
    [DECIDED_BY_CREATED_AT] = "created_at",
    [DECIDED_BY_DELETION] = "deletion",
};

const char *const version_class_names[] = {
    [CLASS_GLIMPSE] = "glimpse", [CLASS_OWN] = "own"};

const char *const version_rank_names[] = {[RANK_SNAPSHOT] = "snapshot",
                                          [RANK_CREATED] = "created",
                                          [RANK_UPDATED] = "updated",
                                          [RANK_DELETED] = "deleted"};

const char *const mention_effect_names[] = {[MENTION_DATA] = "data",
                                            [MENTION_DELETED] = "deletion",
                                            [MENTION_SEEN] = "generation",
                                            [MENTION_TROUBLED] = "trouble",
                                            [MENTION_FAILED] = "failure"};

const char *const signature_state_names[] = {[SIGNATURE_VALID] = "valid",
                                             [SIGNATURE_INVALID] = "invalid",
                                             [SIGNATURE_NOT_CHECKED] =
                                                 "not checked"};

enum decided_by explanation_compare(const struct version *a,
                                    const struct version *b)
{
    if (a->class != b->class)
        return DECIDED_BY_CLASS;
    if (a->t != b->t)
        return DECIDED_BY_T;
    if (a->rank != b->rank)
        return DECIDED_BY_RANK;
    if (a->ts != b->ts)
        return DECIDED_BY_TS;
    return slice_equal(a->id, b->id) ? DECIDED_BY_NOTHING : DECIDED_BY_ID;
}

static enum outcome judge_data(const struct touched *touched,
                               enum decided_by *ret_by,
                               struct slice *ret_against)
{
    const struct held_register *held = &touched->held;
    int order;

    if (!held->has_data)
        return OUTCOME_PENDING;
    order = version_compare(&touched->version, &held->version);
    if (order != 0) {
        *ret_by = explanation_compare(&touched->version, &held->version);
        *ret_against = held->version.id;
        return order < 0 ? OUTCOME_LOST : OUTCOME_PENDING;
    }
    if (touched->has_beaten) {
        *ret_by = explanation_compare(&touched->version, &touched->beaten);
        *ret_against = touched->beaten.id;
    }
    return OUTCOME_HOLDS;
}

static enum outcome judge_generation(const struct touched *touched,
                                     enum decided_by *ret_by,
                                     struct slice *ret_against)
{
    const struct held_register *held = &touched->held;
    int order;

    if (held->newest_id.data == NULL)
        return OUTCOME_PENDING;
    order = slice_compare(touched->newest_id, held->newest_id);
    if (order == 0)
        return OUTCOME_HOLDS;
    *ret_by = DECIDED_BY_ID;
    *ret_against = held->newest_id;
    if (touched->created_ms != held->created_ms) {
        *ret_by = DECIDED_BY_CREATED_AT;
        order = touched->created_ms < held->created_ms ? -1 : 1;
    }
    return order < 0 ? OUTCOME_LOST : OUTCOME_PENDING;
}

enum outcome explanation_judge(const struct touched *touched,
                               enum decided_by *ret_by,
                               struct slice *ret_against)
{
    *ret_by = DECIDED_BY_NOTHING;
    *ret_against = SLICE_EMPTY;
    switch (touched->effect) {
    case MENTION_DATA:
        return judge_data(touched, ret_by, ret_against);
    case MENTION_SEEN:
        return judge_generation(touched, ret_by, ret_against);
    case MENTION_DELETED:
        if (!touched->held.is_deleted)
            return OUTCOME_PENDING;
        *ret_by = DECIDED_BY_DELETION;
        return OUTCOME_HOLDS;
    case MENTION_TROUBLED:
    case MENTION_FAILED:
        break;
    }
    return OUTCOME_HOLDS;
}
