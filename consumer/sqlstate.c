#include "consumer/postgres.h"

/* By prefix, the first that fits; what fits none is about the entity and may
 * pass.  Classes: PostgreSQL's appendix "Error Codes". */
static const struct {
    const char *prefix;
    const char *constraint; /* only where this one is violated */
    enum error_kind kind;
} kinds[] = {
    {"08", NULL, ERROR_AWAY},     /* connection */
    {"0A", NULL, ERROR_ACCESS},   /* feature not supported: another schema */
    {"21", NULL, ERROR_INPUT},    /* cardinality */
    {"22", NULL, ERROR_INPUT},    /* data */
    {"23502", NULL, ERROR_INPUT}, /* not null */
    {"23514", NULL, ERROR_INPUT}, /* check */
    {"23505", "webhook_events_pkey", ERROR_AWAY}, /* taken this instant */
    {"25006", NULL, ERROR_ACCESS},                /* read-only server */
    {"25", NULL, ERROR_AWAY},     /* transaction state: timed out, failed */
    {"26", NULL, ERROR_AWAY},     /* prepared statement gone: a new session */
    {"28", NULL, ERROR_ACCESS},   /* password */
    {"3D", NULL, ERROR_ACCESS},   /* no such database */
    {"3F", NULL, ERROR_ACCESS},   /* no such schema */
    {"40", NULL, ERROR_AWAY},     /* deadlock, serialization */
    {"42", NULL, ERROR_ACCESS},   /* rights, tables, columns */
    {"53", NULL, ERROR_AWAY},     /* disk, memory, connections */
    {"54", NULL, ERROR_INPUT},    /* too large, too deep */
    {"55P03", NULL, ERROR_AGAIN}, /* a row is locked */
    {"55", NULL, ERROR_AWAY},     /* object state */
    {"57", NULL, ERROR_AWAY},     /* shutdown, cancelled */
    {"58", NULL, ERROR_AWAY},     /* input/output of the server */
    {"F0", NULL, ERROR_ACCESS},   /* its configuration */
    {"XX", NULL, ERROR_ACCESS},   /* internal: a person must look */
};

enum error_kind postgres_kind(const char *sqlstate, const char *constraint)
{
    if (sqlstate == NULL || sqlstate[0] == '\0')
        return ERROR_AWAY;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *prefix = kinds[i].prefix;
        if (strncmp(sqlstate, prefix, strlen(prefix)) != 0)
            continue;
        if (kinds[i].constraint == NULL ||
            (constraint != NULL &&
             strcmp(constraint, kinds[i].constraint) == 0))
            return kinds[i].kind;
    }
    return ERROR_AGAIN;
}

bool postgres_is_locked_out(const struct error *err)
{
    static const char locked_out[] = "PostgreSQL: SQLSTATE 55P03";

    return strncmp(err->text, locked_out, POSTGRES_STATE_BYTES) == 0;
}
