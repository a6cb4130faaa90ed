/* rows - what must be written so that the tables are what the registers say.
 *
 * Pure.  Which rows exist is a function of the registers; a row is written when
 * its data came in this batch, also again, so that a replay heals it. */
#pragma once

#include "consumer/identity.h"
#include "consumer/registers.h"

struct organization_write {
    struct entity_register *entity;
    struct uuid id;
    struct slice subdomain; /* what it must be at the end */
    struct slice interim;   /* what it may be before: taken by nobody else */
};

struct subdomain_change {
    struct uuid organization_id;
    struct slice subdomain;
};

struct membership_removal {
    struct slice id;      /* Clerk's */
    struct slice pair_id; /* only where it is of this pair; NULL: whichever */
};

struct rows {
    struct entity_register **users; /* whole rows; with data: a workspace too */
    size_t users_count;
    struct entity_register **tombstones; /* deleted users whose data is kept */
    size_t tombstones_count;
    struct entity_register **syncs; /* users: sync_status alone */
    size_t syncs_count;
    struct entity_register **troubles; /* users: sync_error, or failed too */
    size_t troubles_count;
    struct uuid *users_deleted; /* their memberships go */
    size_t users_deleted_count;

    struct organization_write *organizations;
    size_t organizations_count;
    struct entity_register **organizations_removed;
    size_t organizations_removed_count;
    struct slice *bases; /* to be locked, sorted, each once */
    size_t bases_count;
    struct subdomain_change *losers; /* outsiders that lose a base */
    size_t losers_count;
    struct subdomain_change *winners; /* outsiders that get one */
    size_t winners_count;

    const struct membership_row **memberships;
    size_t memberships_count;
    struct membership_removal *memberships_removed;
    size_t memberships_removed_count;

    struct entity_register **changed; /* registers to write */
    size_t changed_count;
};

/* Everything but the subdomains, which claim.h decides. */
void rows_of(const struct registers *regs, struct arena *arena,
             struct rows *ret_rows);

/* 'synced', 'pending' or 'failed': what the register says of its row. */
const char *rows_sync_status(const struct entity_register *reg);
