/* The group.  Every other rebalance waits until all have given up what they
 * had; the others hand a partition on while its last owner is still at work,
 * as it happens to one that was frozen. */
#include "consumer/kafka_source.h"
#include "shared/memory.h"
#include "tests/threads/fake_consumer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MEMBERS_MAX 8
#define REBALANCE_POLLS 400
#define COMMIT_POLLS 20
#define IDLE_US 1000

struct source {
    struct source_hooks hooks;
    int given_up, taken; /* generations */
    bool owns[FAKE_PARTITIONS];
    bool is_paused[STREAMS][FAKE_PARTITIONS];
    int64_t position[STREAMS][FAKE_PARTITIONS];
    int64_t stored[STREAMS][FAKE_PARTITIONS]; /* -1: nothing */
    int polls;
};

pthread_mutex_t fake_broker = PTHREAD_MUTEX_INITIALIZER;

/* Guarded by it, and so is what the world has of the broker. */
static struct {
    struct source *members[MEMBERS_MAX];
    int count, generation, polls;
    bool is_dealt;
    struct source *owners[FAKE_PARTITIONS];
} group;

static void deal(void)
{
    for (int p = 0; p < FAKE_PARTITIONS; p++)
        group.owners[p] =
            group.count == 0
                ? NULL
                : group.members[(p + group.generation) % group.count];
    group.is_dealt = true;
}

static void begin_rebalance(bool is_rude)
{
    group.generation++;
    group.polls = 0;
    group.is_dealt = false;
    if (is_rude)
        deal();
}

static bool have_all(size_t offset)
{
    for (int i = 0; i < group.count; i++)
        if (*(int *)((char *)group.members[i] + offset) != group.generation)
            return false;
    return true;
}

/* Refused for what is somebody else's by now. */
static void commit(struct source *source)
{
    for (int stream = 0; stream < STREAMS; stream++)
        for (int p = 0; p < FAKE_PARTITIONS; p++)
            if (group.owners[p] == source && source->stored[stream][p] >= 0)
                fake_world->committed[stream][p] = source->stored[stream][p];
}

static void tell(struct source *source, bool is_assignment)
{
    source_hook *hook =
        is_assignment ? source->hooks.assigned : source->hooks.revoked;

    for (int stream = 0; stream < STREAMS; stream++)
        for (int p = 0; p < FAKE_PARTITIONS; p++)
            if (source->owns[p])
                hook(source->hooks.context, (enum stream)stream, p);
    source->hooks.rebalanced(source->hooks.context, is_assignment);
}

static void give_up(struct source *source)
{
    tell(source, false);
    memset(source->owns, 0, sizeof(source->owns));
    pthread_mutex_lock(&fake_broker);
    commit(source);
    source->given_up = group.generation;
    if (!group.is_dealt && have_all(offsetof(struct source, given_up)))
        deal();
    pthread_mutex_unlock(&fake_broker);
}

static void take(struct source *source)
{
    pthread_mutex_lock(&fake_broker);
    for (int p = 0; p < FAKE_PARTITIONS; p++) {
        source->owns[p] = group.owners[p] == source;
        for (int stream = 0; stream < STREAMS; stream++) {
            source->position[stream][p] = fake_world->committed[stream][p];
            source->stored[stream][p] = -1;
            source->is_paused[stream][p] = false;
        }
    }
    source->taken = group.generation;
    pthread_mutex_unlock(&fake_broker);
    tell(source, true);
}

/* Whether this member has its share. */
static bool keep_up(struct source *source)
{
    bool must_give_up, may_take;

    pthread_mutex_lock(&fake_broker);
    if (++group.polls > REBALANCE_POLLS && fake_world->is_wild &&
        have_all(offsetof(struct source, taken))) {
        begin_rebalance(group.generation % 2 == 0);
        atomic_fetch_add(&fake_world->rebalances, 1);
    }
    if (++source->polls % COMMIT_POLLS == 0)
        commit(source);
    must_give_up = source->given_up != group.generation;
    pthread_mutex_unlock(&fake_broker);
    if (must_give_up)
        give_up(source);
    pthread_mutex_lock(&fake_broker);
    may_take = group.is_dealt && source->given_up == group.generation &&
               source->taken != group.generation;
    pthread_mutex_unlock(&fake_broker);
    if (may_take)
        take(source);
    return source->taken == source->given_up;
}

static bool next_event(struct source *source, int32_t p, struct record *record)
{
    int64_t offset = source->position[STREAM_EVENTS][p];

    if (offset == FAKE_RECORDS)
        return false;
    source->position[STREAM_EVENTS][p]++;
    *record = fake_record(fake_event_at(p, offset), STREAM_EVENTS, p, offset);
    return true;
}

/* The offsets of a partition have gaps, as they may have. */
static bool next_retry(struct source *source, int32_t p, struct record *record)
{
    int64_t *at = &source->position[STREAM_RETRIES][p];
    const struct fake_retry *retry = NULL;

    for (; retry == NULL && *at < fake_world->retries_count; ++*at)
        if (fake_world->retries[*at].partition == p)
            retry = &fake_world->retries[*at];
    if (retry == NULL)
        return false;
    *record = fake_record(retry->event, STREAM_RETRIES, p, *at - 1);
    record->attempts = retry->attempts;
    record->retry_at_ms = retry->retry_at_ms;
    record->origin.offset = retry->origin_offset;
    record->created_ms = retry->created_ms;
    return true;
}

bool source_poll(struct source *source, int timeout_ms,
                 struct record *ret_record)
{
    bool is_found = false;

    if (keep_up(source)) {
        pthread_mutex_lock(&fake_broker);
        for (int i = 0; i < FAKE_PARTITIONS && !is_found; i++) {
            int p = (i + source->polls) % FAKE_PARTITIONS;
            if (!source->owns[p])
                continue;
            is_found = (!source->is_paused[STREAM_RETRIES][p] &&
                        next_retry(source, p, ret_record)) ||
                       (!source->is_paused[STREAM_EVENTS][p] &&
                        next_event(source, p, ret_record));
        }
        pthread_mutex_unlock(&fake_broker);
    }
    if (!is_found && timeout_ms > 0)
        usleep(IDLE_US);
    return is_found;
}

void source_store(struct source *source, enum stream stream, int32_t partition,
                  int64_t offset)
{
    int64_t *stored = &source->stored[stream][partition];

    if (!source->owns[partition])
        return;
    if (offset < *stored || offset > source->position[stream][partition])
        abort();
    for (int64_t o = *stored < 0 ? 0 : *stored;
         stream == STREAM_EVENTS && o < offset; o++) {
        if (fake_ledger_has(fake_event_at(partition, o)))
            continue;
        fprintf(stderr, "offset %lld of partition %d: not in the ledger\n",
                (long long)o, partition);
        abort();
    }
    *stored = offset;
}

void source_pause(struct source *source, enum stream stream, int32_t partition)
{
    source->is_paused[stream][partition] = true;
}

void source_resume(struct source *source, enum stream stream, int32_t partition)
{
    if (!source->is_paused[stream][partition])
        abort(); /* makes the library jump */
    source->is_paused[stream][partition] = false;
}

int64_t source_end(struct source *source, enum stream stream, int32_t partition)
{
    int64_t end;

    (void)source, (void)partition;
    pthread_mutex_lock(&fake_broker);
    end = stream == STREAM_EVENTS ? FAKE_RECORDS : fake_world->retries_count;
    pthread_mutex_unlock(&fake_broker);
    return end;
}

int64_t source_committed(struct source *source, enum stream stream,
                         int32_t partition)
{
    int64_t offset;

    (void)source;
    pthread_mutex_lock(&fake_broker);
    offset = fake_world->committed[stream][partition];
    pthread_mutex_unlock(&fake_broker);
    return offset;
}

int source_open(const struct consumer_config *cfg,
                const struct source_hooks *hooks, struct source **ret_source,
                struct error *err)
{
    (void)cfg, (void)err;
    *ret_source = memory_new(sizeof(**ret_source));
    (*ret_source)->hooks = *hooks;
    return 0;
}

int source_join(struct source *source, struct error *err)
{
    (void)err;
    pthread_mutex_lock(&fake_broker);
    if (group.count == MEMBERS_MAX)
        abort();
    group.members[group.count++] = source;
    begin_rebalance(false);
    pthread_mutex_unlock(&fake_broker);
    return 0;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    tell(source, false);
    pthread_mutex_lock(&fake_broker);
    commit(source);
    for (int i = 0; i < group.count; i++)
        if (group.members[i] == source)
            group.members[i--] = group.members[--group.count];
    begin_rebalance(true);
    pthread_mutex_unlock(&fake_broker);
    free(source);
}
