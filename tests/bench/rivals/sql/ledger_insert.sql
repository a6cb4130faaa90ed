INSERT INTO webhook_events (webhook_id, event_type, entity_id, payload, status,
    kafka_topic, kafka_partition, kafka_offset, created_at, processed_at,
    updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9 / 1000.0),
    clock_timestamp(), clock_timestamp())
ON CONFLICT (webhook_id) DO NOTHING
