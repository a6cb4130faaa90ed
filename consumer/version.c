#include "consumer/version.h"

int version_compare(const struct version *a, const struct version *b)
{
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->t != b->t)
        return a->t < b->t ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->ts != b->ts)
        return a->ts < b->ts ? -1 : 1;
    return slice_compare(a->id, b->id);
}
