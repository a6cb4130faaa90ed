/* turns - the workers of a process do not wait for each other at the database.
 *
 * Two batches that mention the same entity wait for its register, each with all
 * its other locks in its hands.  So a worker first says here what it is at, and
 * leaves for its next turn what others are at; since any order of events gives
 * the same tables, it may.  Nothing depends on it: the registers are locked all
 * the same, and other processes are not asked. */
#pragma once

#include "consumer/event.h"
#include "shared/arena.h"

#define TURNS_WAIT_MS 2000 /* where nothing can be done meanwhile */

struct turns;

struct turn {
    uint8_t worker;
    uint32_t *slots; /* taken, of the table of all entities */
    size_t count;
};

struct turns *turns_new(void);
void turns_free(struct turns *turns);

/* Of events[0..count) moves those first whose entities no other worker is at,
 * all in the order they had, and returns how many: at least one of one or more,
 * for where all of them must wait it does, and in the end takes all.  Events of
 * one entity of their own stay in order.  `worker`: from 1 on. */
size_t turns_take(struct turns *turns, int worker, struct event **events,
                  size_t count, struct arena *arena, struct turn *ret_turn);

/* Of `arena` it is, so before that is cleared. */
void turns_end(struct turns *turns, const struct turn *turn);
