/* small_world - two users, three organizations, four memberships, and what may
 * happen to them: deletions, equal and missing times, rivals for a subdomain, a
 * generation that turns out to be the newest only from an older event, what a
 * backfill found.  Times are in seconds, and quotes as in decoded.h. */
#pragma once

#include <stdbool.h>

/* The text of a membership event; times are seconds. */
#define MEMBERSHIP(action, id, organization, user, times)                      \
    "{'type':'organizationMembership." action "','timestamp':50,'data':{"      \
    "'id':'" id "'," times "'organization':{" organization "},"                \
    "'public_user_data':{" user "}}}"
#define OF_ORGANIZATION(id, rest) "'id':'" id "'" rest
#define OF_USER(id, rest) "'user_id':'" id "'" rest

enum {
    A_MADE,
    A_SAME_TIME,
    A_UNDATED,
    A_TIMELESS,
    A_GONE,
    A_GONE_LATER,
    A_GONE_UNDATED,
    A_FOUND,
    B_MADE,
    B_GONE,
    O_MADE,
    O_RENAMED,
    O_TWIN,
    O_GONE,
    O_FOUND,
    P_MADE,
    P_RENAMED,
    P_GONE,
    Q_MADE,
    M1_MADE,
    M1_CHANGED,
    M1_GONE,
    M1_FOUND,
    M2_MADE,
    M2_GONE,
    M3_MADE,
    M4_MADE,
    M1_MOVED,
    NOTHING,
    WORLD
};

/* The others are webhooks. */
static const bool world_is_snapshot[WORLD] = {
    [A_FOUND] = true, [O_FOUND] = true, [M1_FOUND] = true};

static const struct {
    const char *name;
    const char *text;
} world[WORLD] = {
    [A_MADE] = {"user_a made",
                "{'type':'user.created','timestamp':10,'data':{'id':"
                "'user_a','created_at':9,'updated_at':10}}"},
    [A_SAME_TIME] =
        {"user_a changed, same time",
         "{'type':'user.updated','timestamp':12,'data':{'id':'user_a',"
         "'first_name':'Ada','updated_at':10}}"},
    [A_UNDATED] =
        {"user_a changed, updated_at missing",
         "{'type':'user.updated','timestamp':10,'data':{'id':'user_a',"
         "'first_name':'Bea','created_at':9}}"},
    [A_TIMELESS] =
        {"user_a changed, no time but created_at",
         "{'type':'user.updated','data':{'id':'user_a','first_name':'Cia',"
         "'created_at':10}}"},
    [A_GONE] =
        {"user_a gone",
         "{'type':'user.deleted','timestamp':11,'data':{'id':'user_a'}}"},
    [A_GONE_LATER] =
        {"user_a gone later",
         "{'type':'user.deleted','timestamp':13,'data':{'id':'user_a'}}"},
    [A_GONE_UNDATED] = {"user_a gone, no time",
                        "{'type':'user.deleted','data':{'id':'user_a'}}"},
    [A_FOUND] = {"user_a found, same time",
                 "{'type':'user.updated','timestamp':99,'data':{'id':'user_a',"
                 "'first_name':'Fay','updated_at':10}}"},
    [B_MADE] = {"user_b made, no time",
                "{'type':'user.created','data':{'id':'user_b'}}"},
    [B_GONE] =
        {"user_b gone",
         "{'type':'user.deleted','timestamp':11,'data':{'id':'user_b'}}"},
    [O_MADE] = {"org_o made",
                "{'type':'organization.created','timestamp':5,'data':{'id':"
                "'org_o','slug':'Ab','created_at':5,'updated_at':5}}"},
    [O_RENAMED] =
        {"org_o renamed",
         "{'type':'organization.updated','timestamp':8,'data':{'id':'org_o',"
         "'slug':'cd','created_at':5,'updated_at':8}}"},
    [O_TWIN] =
        {"org_o renamed, same time",
         "{'type':'organization.updated','timestamp':8,'data':{'id':'org_o',"
         "'slug':'ab','created_at':7,'updated_at':8}}"},
    [O_GONE] =
        {"org_o gone",
         "{'type':'organization.deleted','timestamp':9,'data':{'id':'org_o'}}"},
    [O_FOUND] = {"org_o found, same time",
                 "{'type':'organization.updated','timestamp':99,'data':{"
                 "'id':'org_o','slug':'cd','created_at':3,'updated_at':8}}"},
    [P_MADE] =
        {"org_p made",
         "{'type':'organization.created','timestamp':6,'data':{'id':'org_p',"
         "'slug':'a-b','created_at':4,'updated_at':6}}"},
    [P_RENAMED] =
        {"org_p renamed",
         "{'type':'organization.updated','timestamp':9,'data':{'id':'org_p',"
         "'slug':'CD','created_at':4,'updated_at':9}}"},
    [P_GONE] =
        {"org_p gone",
         "{'type':'organization.deleted','timestamp':9,'data':{'id':'org_p'}}"},
    [Q_MADE] =
        {"org_q made",
         "{'type':'organization.created','timestamp':6,'data':{'id':'org_q',"
         "'slug':'AB','created_at':6,'updated_at':6}}"},
    [M1_MADE] = {"mem_1 made",
                 MEMBERSHIP(
                     "created", "mem_1",
                     OF_ORGANIZATION("org_o", ",'slug':'ab','created_at':5"),
                     OF_USER("user_a", ",'first_name':'Dea'"),
                     "'created_at':8,'updated_at':6,")},
    [M1_CHANGED] =
        {"mem_1 changed, created_at missing",
         MEMBERSHIP("updated", "mem_1",
                    OF_ORGANIZATION("org_o", ",'slug':'cd','updated_at':20"),
                    OF_USER("user_a", ",'first_name':'Eva','updated_at':51"),
                    "'role':'admin','updated_at':7,")},
    [M1_GONE] = {"mem_1 gone",
                 MEMBERSHIP("deleted", "mem_1", OF_ORGANIZATION("org_o", ""),
                            OF_USER("user_a", ""), "'created_at':6,")},
    [M1_FOUND] = {"mem_1 found, same time",
                  MEMBERSHIP("updated", "mem_1",
                             OF_ORGANIZATION("org_o", ",'slug':'ab'"),
                             OF_USER("user_a", ""),
                             "'role':'found','created_at':8,'updated_at':6,")},
    [M2_MADE] = {"mem_2 made",
                 MEMBERSHIP("created", "mem_2",
                            OF_ORGANIZATION("org_o", ",'slug':'AB'"),
                            OF_USER("user_a", ""), "'created_at':7,")},
    [M2_GONE] = {"mem_2 gone",
                 MEMBERSHIP("deleted", "mem_2",
                            OF_ORGANIZATION("org_o", ",'name':'O'"),
                            OF_USER("user_a", ",'last_name':'Foy'"),
                            "'created_at':7,")},
    [M3_MADE] = {"mem_3 made, created_at missing",
                 MEMBERSHIP("created", "mem_3",
                            OF_ORGANIZATION("org_p", ",'slug':'ab'"),
                            OF_USER("user_b", ""), "")},
    [M4_MADE] = {"mem_4 made",
                 MEMBERSHIP("created", "mem_4", OF_ORGANIZATION("org_o", ""),
                            OF_USER("user_b", ""), "'created_at':8,")},
    [M1_MOVED] = {"mem_1 moved to user_b",
                  MEMBERSHIP("updated", "mem_1", OF_ORGANIZATION("org_o", ""),
                             OF_USER("user_b", ""),
                             "'created_at':8,'updated_at':30,")},
    [NOTHING] = {"nothing that is told here",
                 "{'type':'session.created','timestamp':20,'data':{"
                 "'id':'sess_1','user_id':'user_a'}}"},
};
