DELETE FROM organization_memberships WHERE clerk_membership_id = $1
