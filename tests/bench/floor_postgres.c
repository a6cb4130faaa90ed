#include "tests/bench/floor_postgres.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

/* Tables grow from nothing: plans made while they are small must not be scans
 * of all of them. */
static const char settings[] =
    "SET enable_seqscan = off; SET enable_hashjoin = off;"
    "SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan";

static void die(PGconn *connection)
{
    fputs(PQerrorMessage(connection), stderr);
    exit(1);
}

static void prepare(PGconn *connection, const struct floor_statement *statement)
{
    Oid types[FLOOR_ARRAYS_MAX];
    PGresult *result;

    for (int i = 0; i < statement->count; i++)
        types[i] = pg_array_oid(statement->types[i]);
    result = PQprepare(connection, statement->name, statement->sql,
                       statement->count, types);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(connection);
    PQclear(result);
}

struct pg_conn *floor_postgres_open(const char *url,
                                    const struct floor_statement *statements,
                                    int count)
{
    PGconn *connection = PQconnectdb(url);

    if (PQstatus(connection) != CONNECTION_OK)
        die(connection);
    PQclear(PQexec(connection, settings));
    for (int i = 0; i < count; i++)
        prepare(connection, &statements[i]);
    if (PQenterPipelineMode(connection) != 1)
        die(connection);
    return connection;
}

void floor_postgres_queue(PGconn *connection,
                          const struct floor_statement *statement,
                          struct pg_array *arrays)
{
    const char *values[FLOOR_ARRAYS_MAX];
    int lengths[FLOOR_ARRAYS_MAX], formats[FLOOR_ARRAYS_MAX];

    for (int i = 0; i < statement->count; i++) {
        pg_array_end(&arrays[i]);
        values[i] = arrays[i].bytes.data;
        lengths[i] = (int)arrays[i].bytes.size;
        formats[i] = 1;
    }
    if (PQsendQueryPrepared(connection, statement->name, statement->count,
                            values, lengths, formats, 1) != 1)
        die(connection);
}

static bool take(PGconn *connection, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    bool is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

    if (status == PGRES_FATAL_ERROR)
        fputs(PQerrorMessage(connection), stderr);
    PQclear(result);
    return is_good;
}

bool floor_postgres_run(PGconn *connection)
{
    bool is_good = true, is_over = false;
    PGresult *result;

    if (PQpipelineSync(connection) != 1)
        die(connection);
    while (!is_over) {
        while ((result = PQgetResult(connection)) != NULL) {
            is_over = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
            if (is_over)
                PQclear(result);
            else
                is_good = take(connection, result) && is_good;
        }
        if (PQstatus(connection) != CONNECTION_OK)
            die(connection);
    }
    return is_good;
}
