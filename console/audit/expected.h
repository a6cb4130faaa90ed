/* expected - what the tables must hold, as far as the log says.
 *
 * Events are merged by the consumers' own rules (consumer/merge.h), in any
 * order; which rows that makes is asked of them too (consumer/rows.h, claim.h):
 * nothing is decided here.  Zeroed before its first use.  Pure. */
#pragma once

#include "console/audit/keys.h"
#include "console/audit/known.h"
#include "consumer/rows.h"

struct expected {
    struct known_table known;
    struct arena batch; /* of one event */
    struct keys bases;  /* of subdomains that are in flight */

    /* From expected_finish() on. */
    struct arena arena;
    struct known **sorted; /* by kind and id */
    struct registers regs; /* parallel to it */
    struct rows rows;
    /* Those in front are known in full, of the others only the register is. */
    size_t whole_users, whole_organizations;
};

void expected_release(struct expected *expected);

/* `is_in_flight`: it may or may not be in the tables yet. */
void expected_add(struct expected *expected, struct event *event,
                  bool is_in_flight);

/* What follows from all that was added; nothing may be added any more. */
void expected_finish(struct expected *expected);

/* Whose register this is. */
struct known *expected_known(const struct expected *expected,
                             const struct entity_register *reg);

/* Whether a row of this entity may change yet by an event in flight. */
bool expected_is_in_flight(const struct expected *expected,
                           const struct known *known);

/* Whether applying the event again can mend an entity that is wrong. */
bool expected_mends(const struct expected *expected, const struct event *event);
