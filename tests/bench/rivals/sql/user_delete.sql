UPDATE users SET status = 'DELETED', deleted_at = now()
WHERE clerk_user_id = $1
