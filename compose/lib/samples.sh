# samples - a few events whose story is told in the wrong order, and the rows
# that come of them all the same.

# svix-id | file in compose/samples | what it shows
SAMPLES=(
    "msg_sample_01|ada_joins_school|before its user and its organization"
    "msg_sample_02|ada_updated|before the user was created"
    "msg_sample_03|ada_created|late: changes nothing"
    "msg_sample_04|school_updated|before it was created"
    "msg_sample_05|school_created|late: changes nothing"
    "msg_sample_06|ada_leads_school|another role"
    "msg_sample_07|bob_deleted|never heard of"
    "msg_sample_08|bob_created|late: stays deleted"
    "msg_sample_09|bob_leaves_school|never heard of"
    "msg_sample_10|club_deleted|never heard of"
    "msg_sample_02|ada_updated|a second time"
)
SAMPLE_IDS=10

sample_type() {
    sed -n 's/^  "type": "\(.*\)",$/\1/p' "$ROOT/compose/samples/$1.json"
}

# sample_send ID FILE WHAT [more words for send…] - one line of the report. A
# refusal is an answer too.
sample_send() {
    local id=$1 file=$2 what=$3 answer
    shift 3
    answer=$("$BIN/clerkstream" send --id "$id" "$@" \
        --file "$ROOT/compose/samples/$file.json" \
        --url "$(webhook_url)" 2>>"$RUN/samples.log") ||
        [ "$answer" ] || fail_with_log "sending failed" "$RUN/samples.log"
    printf '    %-30s %-38s %s\n' "$(sample_type "$file")" "($what)" "$answer"
}

# How many of the samples are in the ledger, whatever became of them.
samples_done() {
    sql "$DATABASE_URL" --no-align --tuples-only --command \
        "SELECT count(*) FROM webhook_events
         WHERE webhook_id LIKE 'msg\_sample\___'"
}

samples_are_done() { [ "$(samples_done)" -ge "$SAMPLE_IDS" ]; }

samples_send() {
    local row id file what
    if samples_are_done; then
        step samples "sent before"
        return
    fi
    say
    say "Posted, and answered:"
    for row in "${SAMPLES[@]}"; do
        IFS='|' read -r id file what <<<"$row"
        sample_send "$id" "$file" "$what"
    done
    sample_send msg_sample_forged ada_created "signed by somebody else" \
        --invalid-signature
    within 30 samples_are_done || fail_with_log \
        "the events do not become rows" "$(process_log consumer)"
}

samples_show() {
    say
    say "The rows that came of them:"
    sql "$DATABASE_URL" --pset footer=off <<'END'
SELECT clerk_user_id AS "user", first_name, last_name, email, status
  FROM users WHERE clerk_user_id LIKE 'user\_sample%' ORDER BY 1;
SELECT clerk_organization_id AS organization, name, subdomain, sync_status
  FROM organizations WHERE clerk_organization_id LIKE 'org\_sample%';
SELECT clerk_membership_id AS membership, role, clerk_role
  FROM organization_memberships
 WHERE clerk_membership_id LIKE 'orgmem\_sample%';
SELECT webhook_id, event_type, status, duplicates,
       round(extract(epoch FROM processed_at - created_at) * 1000) AS ms
  FROM webhook_events WHERE webhook_id LIKE 'msg\_sample%' ORDER BY 1;
END
}
