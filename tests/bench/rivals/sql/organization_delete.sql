DELETE FROM organizations WHERE clerk_organization_id = $1
