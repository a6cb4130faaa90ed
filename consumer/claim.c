#include "consumer/claim.h"

#include "consumer/subdomain.h"

static bool is_before(int64_t created_a, struct slice a, int64_t created_b,
                      struct slice b)
{
    if (created_a != created_b)
        return created_a < created_b;
    return slice_compare(a, b) < 0;
}

static const struct claim *find_claim(const struct claim *claims, size_t count,
                                      struct slice base)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(claims[i].base, base))
            return &claims[i];
    return NULL;
}

static struct organization_write *earliest(struct rows *rows, struct slice base)
{
    struct organization_write *found = NULL;

    for (size_t i = 0; i < rows->organizations_count; i++) {
        struct organization_write *org = &rows->organizations[i];
        const struct entity_register *reg = org->entity;
        if (slice_equal(reg->base, base) &&
            (found == NULL ||
             is_before(reg->created_ms, reg->id, found->entity->created_ms,
                       found->entity->id)))
            found = org;
    }
    return found;
}

static void assign(struct rows *rows, struct slice base,
                   const struct claim *claim, struct arena *arena)
{
    struct organization_write *org = earliest(rows, base);
    struct uuid id;

    if (claim == NULL) {
        if (org != NULL)
            org->subdomain = base;
        return;
    }
    id = identity_of(claim->organization_id);
    if (org != NULL && is_before(org->entity->created_ms, org->entity->id,
                                 claim->created_ms, claim->organization_id)) {
        org->subdomain = base;
        if (slice_equal(claim->subdomain, base))
            rows->losers[rows->losers_count++] = (struct subdomain_change){
                id, subdomain_with_suffix(base, &id, arena)};
    } else if (!slice_equal(claim->subdomain, base)) {
        rows->winners[rows->winners_count++] =
            (struct subdomain_change){id, base};
    }
}

void claim_subdomains(struct rows *rows, const struct claim *claims,
                      size_t count, struct arena *arena)
{
    size_t size = (rows->bases_count + 1) * sizeof(struct subdomain_change);

    rows->losers = arena_get(arena, size);
    rows->winners = arena_get(arena, size);
    for (size_t i = 0; i < rows->organizations_count; i++) {
        struct organization_write *org = &rows->organizations[i];
        org->interim =
            subdomain_with_suffix(org->entity->base, &org->id, arena);
        org->subdomain = org->interim;
    }
    for (size_t i = 0; i < rows->bases_count; i++)
        assign(rows, rows->bases[i], find_claim(claims, count, rows->bases[i]),
               arena);
}
