"""hot - one organization with very many members, and one user in very many
organizations: what it takes to fill them, and to delete them.
"""

import time

from contestants import our_consumer
from measures import apply, running, wait_for_rows
from webhook import SECRET, body_of, signed_headers

MS = 1_760_000_000_000


def membership(number, organization, user):
    return {
        "object": "event", "type": "organizationMembership.created",
        "timestamp": MS + number,
        "data": {
            "object": "organization_membership",
            "id": f"orgmem_{number}", "role": "org:member",
            "permissions": [], "public_metadata": {},
            "organization": {"object": "organization", "id": organization,
                             "name": organization, "slug": organization,
                             "created_at": MS, "updated_at": MS},
            "public_user_data": {"user_id": user, "first_name": "Ada",
                                 "last_name": "L", "image_url": None},
            "created_at": MS + number, "updated_at": MS + number,
        },
    }  # fmt: skip


def deletion(kind, id):
    return {"object": "event", "type": f"{kind}.deleted",
            "timestamp": MS * 2,
            "data": {"object": kind, "id": id, "deleted": True}}  # fmt: skip


def publish(stage, topics, events):
    """[(key, event)], in this order."""
    stage.kafka.produce(topics["EVENTS_TOPIC"], [
        {"key": key, "value": body_of(event),
         "headers": list(signed_headers(
             SECRET, f"msg_{event['type']}_{key}_{number}", body_of(event)
         ).items())}
        for number, (key, event) in enumerate(events)
    ], partitioner="murmur2_random")  # fmt: skip


def filled_and_deleted(stage, members, hot, others, name_of_deletion):
    """hot, others: functions that make the memberships' two parents."""
    topics = stage.topics("hot")
    url = stage.database()
    events = [membership(n, hot(n), others(n)) for n in range(members)]
    publish(stage, topics, [
        (event["data"]["organization"]["id"], event) for event in events
    ])  # fmt: skip
    filled = apply(stage, our_consumer, topics, members, seconds=120, url=url)
    with stage.session(url) as session:
        session.execute("VACUUM ANALYZE")
        deleted = delete(stage, topics, url, session, members,
                         name_of_deletion)  # fmt: skip
    stage.drop_topics(topics)
    stage.drop_database(url)
    return {**filled, "rows": members, "seconds": deleted,
            "us_a_row": round(1e6 * deleted / members, 2)}  # fmt: skip


def delete(stage, topics, url, session, members, what):
    """Seconds from the record of the deletion to its commit."""
    consumer = our_consumer(stage, topics, url, "hot-delete")
    session.execute("SELECT 1")
    with running(consumer):
        consumer.wait_ready()
        # It has read all of them again by then: a replay, which is left out.
        replayed = "SELECT count(*) FROM webhook_events WHERE replays = 0"
        while session.execute(replayed).fetchone()[0] > 0:
            time.sleep(0.2)
        kind, id = what
        publish(stage, topics, [(id, deletion(kind, id))])
        wait_for_rows(session, consumer, "webhook_events", members + 1, 120)
    (seconds,) = session.execute(
        """SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)
                                     - created_at)
           FROM webhook_events WHERE event_type LIKE '%.deleted'"""
    ).fetchone()
    return float(seconds)


def organization(stage, members):
    return filled_and_deleted(
        stage, members, lambda n: "org_hot", lambda n: f"user_{n}",
        ("organization", "org_hot"),
    )  # fmt: skip


def user(stage, organizations):
    return filled_and_deleted(
        stage, organizations, lambda n: f"org_{n}", lambda n: "user_hot",
        ("user", "user_hot"),
    )  # fmt: skip
