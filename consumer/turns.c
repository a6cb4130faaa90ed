#include "consumer/turns.h"

#include "shared/memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* Entities that share a slot are taken for one: a few events in a hundred wait
 * without need. */
#define SLOTS (1U << 18)
#define BASES (1U << 15)
#define LEFT 0x80 /* an event of its own was left for the next turn */

struct turns {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    uint8_t holders[SLOTS]; /* 0: nobody */
    uint32_t bases[BASES];  /* what an organization wanted last, by its slot */
};

struct turns *turns_new(void)
{
    struct turns *turns = memory_new(sizeof(*turns));
    pthread_condattr_t attributes;

    pthread_mutex_init(&turns->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&turns->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    return turns;
}

void turns_free(struct turns *turns)
{
    if (turns == NULL)
        return;
    pthread_cond_destroy(&turns->ended);
    pthread_mutex_destroy(&turns->lock);
    free(turns);
}

/* FNV-1a, folded. */
static uint32_t slot_of(enum entity_kind kind, struct slice id)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) + kind;

    for (size_t i = 0; i < id.size; i++)
        hash = (hash ^ (unsigned char)id.data[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)(hash ^ hash >> 32) % SLOTS;
}

static void find_slots(struct event *event)
{
    for (int i = 0; i < event->mention_count; i++)
        event->slots[i] =
            slot_of(event->mentions[i].kind, event->mentions[i].id);
    event->slots_count = event->mention_count;
}

/* The subdomains' bases that an organization gives up and wants. */
static void add_bases(struct turns *turns, struct event *event)
{
    const struct mention *own = &event->mentions[0];
    uint32_t *base = &turns->bases[event->slots[0] % BASES];

    if (event->mention_count == 0 || own->kind != ENTITY_ORGANIZATION)
        return;
    if (*base != 0)
        event->slots[event->slots_count++] = *base;
    if (own->effect != MENTION_DATA)
        return;
    *base = slot_of(ENTITY_SUBDOMAIN, own->row.organization->base);
    event->slots[event->slots_count++] = *base;
}

static bool is_free(const struct turns *turns, const struct event *event,
                    uint8_t worker)
{
    for (int i = 0; i < event->slots_count; i++) {
        uint8_t holder = turns->holders[event->slots[i]];
        if (holder != 0 && holder != worker)
            return false;
    }
    return true;
}

static void take(struct turns *turns, const struct event *event,
                 struct turn *turn)
{
    for (int i = 0; i < event->slots_count; i++) {
        uint32_t slot = event->slots[i];
        if (turns->holders[slot] != 0)
            continue;
        turns->holders[slot] = turn->worker;
        turn->slots[turn->count++] = slot;
    }
}

/* Whoever tells of the same comes after it, too: a glimpse would make a stub,
 * only to be replaced. */
static void leave(struct turns *turns, const struct event *event)
{
    turns->holders[event->slots[0]] |= LEFT;
}

static void forget_left(struct turns *turns, struct event *const *others,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        turns->holders[others[i]->slots[0]] &= (uint8_t)~LEFT;
}

static size_t take_free(struct turns *turns, struct event **events,
                        size_t count, struct event **others, struct turn *turn)
{
    size_t first = 0, rest = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_free(turns, events[i], turn->worker)) {
            take(turns, events[i], turn);
            events[first++] = events[i];
        } else {
            leave(turns, events[i]);
            others[rest++] = events[i];
        }
    }
    forget_left(turns, others, rest);
    memcpy(events + first, others, rest * sizeof(*others));
    return first;
}

static struct timespec in_a_moment(void)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TURNS_WAIT_MS / 1000;
    return until;
}

size_t turns_take(struct turns *turns, int worker, struct event **events,
                  size_t count, struct arena *arena, struct turn *ret_turn)
{
    struct event **others = arena_get(arena, (count + 1) * sizeof(*others));
    struct timespec until = in_a_moment();
    struct turn turn = {.worker = (uint8_t)worker};
    size_t taken;

    turn.slots =
        arena_get(arena, (count * EVENT_SLOTS_MAX + 1) * sizeof(*turn.slots));
    for (size_t i = 0; i < count; i++)
        find_slots(events[i]);
    pthread_mutex_lock(&turns->lock);
    for (size_t i = 0; i < count; i++)
        add_bases(turns, events[i]);
    while ((taken = take_free(turns, events, count, others, &turn)) == 0 &&
           count > 0 &&
           pthread_cond_timedwait(&turns->ended, &turns->lock, &until) !=
               ETIMEDOUT)
        continue;
    if (taken == 0)
        for (; taken < count; taken++)
            take(turns, events[taken], &turn);
    pthread_mutex_unlock(&turns->lock);
    *ret_turn = turn;
    return taken;
}

void turns_end(struct turns *turns, const struct turn *turn)
{
    pthread_mutex_lock(&turns->lock);
    for (size_t i = 0; i < turn->count; i++)
        turns->holders[turn->slots[i]] = 0;
    pthread_cond_broadcast(&turns->ended);
    pthread_mutex_unlock(&turns->lock);
}
