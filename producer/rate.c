#include "producer/rate.h"

#define SECOND_NS 1000000000

void rate_init(struct rate *rate, int64_t per_second)
{
    rate->interval_ns = per_second > 0 ? SECOND_NS / per_second : 0;
    rate->burst_ns = rate->interval_ns * per_second;
    atomic_init(&rate->full_at_ns, 0);
}

bool rate_take(struct rate *rate, int64_t now_ns)
{
    int64_t full_at = atomic_load(&rate->full_at_ns), next;

    if (rate->interval_ns == 0)
        return true;
    do {
        next = (full_at > now_ns ? full_at : now_ns) + rate->interval_ns;
        if (next - now_ns > rate->burst_ns)
            return false;
    } while (!atomic_compare_exchange_weak(&rate->full_at_ns, &full_at, next));
    return true;
}
