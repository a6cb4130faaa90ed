INSERT INTO organization_memberships (id, clerk_membership_id,
    organization_id, user_id, role, clerk_role, public_metadata, created_at,
    updated_at)
SELECT gen_random_uuid(), $1, o.id, u.id, 'STUDENT', $4, $5,
    to_timestamp($6 / 1000.0), to_timestamp($7 / 1000.0)
FROM organizations o, users u
WHERE o.clerk_organization_id = $2 AND u.clerk_user_id = $3
ON CONFLICT (organization_id, user_id) DO UPDATE SET
    clerk_membership_id = EXCLUDED.clerk_membership_id,
    clerk_role = EXCLUDED.clerk_role,
    public_metadata = EXCLUDED.public_metadata,
    updated_at = EXCLUDED.updated_at
