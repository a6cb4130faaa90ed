/* bind_rows - what the statements of the domain tables are given. */
#pragma once

#include "consumer/bind_cursor.h"

typedef void bind_function(struct bind_cursor *row,
                           const struct bind_input *input);

bind_function bind_cascade_lock;
bind_function bind_memberships_remove;
bind_function bind_memberships_of_users;
bind_function bind_organizations_remove;
bind_function bind_users;
bind_function bind_tombstones;
bind_function bind_syncs;
bind_function bind_troubles;
bind_function bind_workspaces;
bind_function bind_subdomains_free;
bind_function bind_organizations;
bind_function bind_subdomains_give;
bind_function bind_memberships;
