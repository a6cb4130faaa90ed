INSERT INTO workspaces (id, user_id, created_at)
SELECT gen_random_uuid(), id, created_at FROM users WHERE clerk_user_id = $1
ON CONFLICT (user_id) DO NOTHING
