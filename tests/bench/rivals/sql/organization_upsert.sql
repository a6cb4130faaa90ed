INSERT INTO organizations (id, clerk_organization_id, name, slug, image_url,
    created_by, public_metadata, created_at, updated_at, sync_status)
VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6,
    to_timestamp($7 / 1000.0), to_timestamp($8 / 1000.0), 'synced')
ON CONFLICT (clerk_organization_id) DO UPDATE SET name = EXCLUDED.name,
    slug = EXCLUDED.slug, image_url = EXCLUDED.image_url,
    created_by = EXCLUDED.created_by,
    public_metadata = EXCLUDED.public_metadata,
    created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at,
    sync_status = 'synced'
WHERE organizations.updated_at IS NULL
   OR organizations.updated_at <= EXCLUDED.updated_at
