#include "consumer/event.h"

const char *const entity_kind_names[] = {
    [ENTITY_MEMBERSHIP] = "membership",
    [ENTITY_ORGANIZATION] = "organization",
    [ENTITY_PAIR] = "pair",
    [ENTITY_USER] = "user",
    [ENTITY_SUBDOMAIN] = "subdomain",
};

const char *const event_verdict_names[] = {
    [VERDICT_COMPLETED] = "completed",   [VERDICT_IGNORED] = "ignored",
    [VERDICT_SUPERSEDED] = "superseded", [VERDICT_RETRYING] = "retrying",
    [VERDICT_FAILED] = "failed",
};
