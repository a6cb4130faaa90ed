"""refusals - a database that says no to some rows, or takes its time.

    install_refusals(superuser_url, name)
    refuse(url, "aZ")     # users whose id ends in one of these: not now
    slow_down(url, 0.1)   # each statement that writes, seconds
    allow(url)            # everything, at once

Refused by a trigger: P0001, which may pass. A user with the first name
FOR_EVER is refused with a state of class 22: that can never be applied.
"""

from urllib.parse import urlsplit

import psycopg
from postgres import query

FOR_EVER = "refuse for ever"
INSTALL = f"""
    CREATE TABLE refused_endings (ending text PRIMARY KEY);
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER AS $$ BEGIN
        IF NEW.first_name = '{FOR_EVER}' THEN
            RAISE 'no such name' USING ERRCODE = '22023';
        ELSIF EXISTS (SELECT FROM public.refused_endings r
                      WHERE r.ending = right(NEW.clerk_user_id, 1)) THEN
            RAISE 'not now';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON users
        FOR EACH ROW EXECUTE FUNCTION refuse();

    CREATE TABLE slowness (seconds float8 NOT NULL);
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER AS $$ BEGIN
        PERFORM pg_sleep(seconds) FROM public.slowness;
        RETURN NULL;
    END $$;
    CREATE TRIGGER slow AFTER INSERT OR UPDATE ON users
        FOR EACH STATEMENT EXECUTE FUNCTION slow();
    CREATE TRIGGER slow AFTER INSERT OR UPDATE ON entity_versions
        FOR EACH STATEMENT EXECUTE FUNCTION slow();
    CREATE TRIGGER slow AFTER INSERT OR UPDATE ON webhook_events
        FOR EACH STATEMENT EXECUTE FUNCTION slow();

    GRANT ALL ON refused_endings, slowness TO clerkstream
"""


def install_refusals(superuser_url, name):
    """As superuser: the function reads a table that is nobody else's."""
    own = urlsplit(superuser_url)._replace(path=f"/{name}").geturl()
    with psycopg.connect(own, autocommit=True) as session:
        session.execute(INSTALL)


def refuse(url, endings):
    """endings: characters. Users that are yet to come are meant, too."""
    query(
        url, "INSERT INTO refused_endings SELECT unnest(%s::text[])"
        " ON CONFLICT DO NOTHING", list(endings),
    )  # fmt: skip


def users_of(event):
    """The users whose rows are written for this event: their ids."""
    family, data = event["type"].partition(".")[0], event["data"]
    if family == "user":
        return [data["id"]]
    if family == "organizationMembership":
        return [data["public_user_data"]["user_id"]]
    return []


def slow_down(url, seconds):
    query(url, "INSERT INTO slowness VALUES (%s)", seconds)


def allow(url):
    query(
        url, "WITH slow AS (DELETE FROM slowness) DELETE FROM refused_endings"
    )  # fmt: skip
