#include "console/kafka_offsets.h"

#include "console/kafka_session.h"
#include "shared/clock.h"
#include "shared/memory.h"

#include <stdlib.h>

#define LOOK_AGAIN_MS 50

static rd_kafka_topic_partition_list_t *
list_new(const char *topic, size_t partitions, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)partitions);

    for (size_t i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, topic, (int32_t)i)->offset =
            offset;
    return list;
}

/* A partition that has just been made, or whose leader has just changed. */
static bool is_passing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

static rd_kafka_resp_err_t query_span(struct kafka *kafka, const char *topic,
                                      int32_t partition,
                                      struct kafka_span *ret_span)
{
    for (;;) {
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
            kafka->handle, topic, partition, &ret_span->begin, &ret_span->end,
            kafka_left_ms(kafka));
        if (!is_passing(code) || kafka_left_ms(kafka) <= LOOK_AGAIN_MS)
            return code;
        clock_sleep_ms(LOOK_AGAIN_MS);
    }
}

int kafka_spans(struct kafka *kafka, const char *topic, size_t partitions,
                struct kafka_span *ret_spans, struct error *err)
{
    for (size_t i = 0; i < partitions; i++) {
        rd_kafka_resp_err_t code =
            query_span(kafka, topic, (int32_t)i, &ret_spans[i]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        kafka_fail(kafka, code, NULL, err);
        return error_wrap(err, "topic %s", topic);
    }
    return 0;
}

/* The offsets of a list, which has all partitions in any order. */
static int read_list(struct kafka *kafka,
                     const rd_kafka_topic_partition_list_t *list,
                     int64_t *ret_offsets, struct error *err)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        if (one->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            kafka_fail(kafka, one->err, NULL, err);
            return error_wrap(err, "topic %s partition %d", one->topic,
                              (int)one->partition);
        }
        ret_offsets[one->partition] =
            one->offset >= 0 ? one->offset : KAFKA_NO_OFFSET;
    }
    return 0;
}

int kafka_offsets_at(struct kafka *kafka, const char *topic, size_t partitions,
                     int64_t time_ms, int64_t *ret_offsets, struct error *err)
{
    rd_kafka_topic_partition_list_t *list =
        list_new(topic, partitions, time_ms > 0 ? time_ms : 0);
    rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(kafka->handle, list, kafka_left_ms(kafka));
    int result;

    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        kafka_fail(kafka, code, NULL, err);
        result = error_wrap(err, "topic %s", topic);
    } else {
        result = read_list(kafka, list, ret_offsets, err);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

/* The one group that an answer is about; NULL, with `err`, where it failed. */
static const rd_kafka_group_result_t *
group_of(struct kafka *kafka, const rd_kafka_group_result_t **groups,
         size_t count, struct error *err)
{
    const rd_kafka_error_t *failure;

    if (count != 1) {
        error_set(err, ERROR_BUG, "Kafka: an answer about %zu groups", count);
        return NULL;
    }
    failure = rd_kafka_group_result_error(groups[0]);
    if (failure == NULL)
        return groups[0];
    kafka_fail(kafka, rd_kafka_error_code(failure),
               rd_kafka_error_string(failure), err);
    error_wrap(err, "group %s", rd_kafka_group_result_name(groups[0]));
    return NULL;
}

int kafka_committed(struct kafka *kafka, const char *group, const char *topic,
                    size_t partitions, int64_t *ret_offsets, struct error *err)
{
    rd_kafka_topic_partition_list_t *list =
        list_new(topic, partitions, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(group, list);
    rd_kafka_AdminOptions_t *options =
        kafka_options_new(kafka, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    const rd_kafka_group_result_t **groups, *found;
    rd_kafka_event_t *answer;
    size_t count;
    int result;

    rd_kafka_ListConsumerGroupOffsets(kafka->handle, &question, 1, options,
                                      kafka->answers);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    rd_kafka_topic_partition_list_destroy(list);
    if (kafka_wait_for_answer(kafka, &answer, err) != 0)
        return error_wrap(err, "group %s", group);
    groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(answer), &count);
    found = group_of(kafka, groups, count, err);
    result = found == NULL
                 ? -1
                 : read_list(kafka, rd_kafka_group_result_partitions(found),
                             ret_offsets, err);
    rd_kafka_event_destroy(answer);
    return result;
}

/* Of a group with members the brokers take no offsets from others. */
static int check_altered(struct kafka *kafka,
                         const rd_kafka_group_result_t *altered,
                         struct error *err)
{
    const rd_kafka_topic_partition_list_t *list =
        rd_kafka_group_result_partitions(altered);

    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        kafka_fail(kafka, list->elems[i].err, NULL, err);
        if (list->elems[i].err == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
            list->elems[i].err == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP)
            error_set(err, ERROR_ACCESS, "it has members");
        return error_wrap(err, "group %s, partition %d",
                          rd_kafka_group_result_name(altered),
                          (int)list->elems[i].partition);
    }
    return 0;
}

int kafka_set_committed(struct kafka *kafka, const char *group,
                        const char *topic, const int64_t *offsets,
                        size_t partitions, struct error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)partitions);
    rd_kafka_AlterConsumerGroupOffsets_t *wish;
    rd_kafka_AdminOptions_t *options;
    const rd_kafka_group_result_t **groups, *altered;
    rd_kafka_event_t *answer;
    size_t count;
    int result;

    for (size_t i = 0; i < partitions; i++)
        if (offsets[i] != KAFKA_NO_OFFSET)
            rd_kafka_topic_partition_list_add(list, topic, (int32_t)i)->offset =
                offsets[i];
    wish = rd_kafka_AlterConsumerGroupOffsets_new(group, list);
    options =
        kafka_options_new(kafka, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
    rd_kafka_AlterConsumerGroupOffsets(kafka->handle, &wish, 1, options,
                                       kafka->answers);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_AlterConsumerGroupOffsets_destroy(wish);
    rd_kafka_topic_partition_list_destroy(list);
    if (kafka_wait_for_answer(kafka, &answer, err) != 0)
        return error_wrap(err, "group %s", group);
    groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(answer), &count);
    altered = group_of(kafka, groups, count, err);
    result = altered == NULL ? -1 : check_altered(kafka, altered, err);
    rd_kafka_event_destroy(answer);
    return result;
}

static void read_member(const rd_kafka_MemberDescription_t *member,
                        struct kafka_member *ret_member)
{
    const rd_kafka_MemberAssignment_t *assignment =
        rd_kafka_MemberDescription_assignment(member);
    const rd_kafka_topic_partition_list_t *partitions =
        assignment != NULL ? rd_kafka_MemberAssignment_partitions(assignment)
                           : NULL;

    *ret_member = (struct kafka_member){
        .id = memory_copy_text(rd_kafka_MemberDescription_consumer_id(member)),
        .client =
            memory_copy_text(rd_kafka_MemberDescription_client_id(member)),
        .host = memory_copy_text(rd_kafka_MemberDescription_host(member)),
        .partitions = partitions != NULL ? (size_t)partitions->cnt : 0,
    };
}

static int read_group(struct kafka *kafka,
                      const rd_kafka_ConsumerGroupDescription_t *found,
                      struct kafka_group *ret_group, struct error *err)
{
    const rd_kafka_error_t *failure =
        rd_kafka_ConsumerGroupDescription_error(found);
    size_t count = rd_kafka_ConsumerGroupDescription_member_count(found);

    if (failure != NULL)
        return kafka_fail(kafka, rd_kafka_error_code(failure),
                          rd_kafka_error_string(failure), err);
    ret_group->state = memory_copy_text(rd_kafka_consumer_group_state_name(
        rd_kafka_ConsumerGroupDescription_state(found)));
    ret_group->members_count = count;
    ret_group->members = memory_new((count + 1) * sizeof(*ret_group->members));
    for (size_t i = 0; i < count; i++)
        read_member(rd_kafka_ConsumerGroupDescription_member(found, i),
                    &ret_group->members[i]);
    return 0;
}

int kafka_describe_group(struct kafka *kafka, const char *group,
                         struct kafka_group *ret_group, struct error *err)
{
    rd_kafka_AdminOptions_t *options =
        kafka_options_new(kafka, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    const rd_kafka_ConsumerGroupDescription_t **found;
    rd_kafka_event_t *answer;
    size_t count;
    int result;

    rd_kafka_DescribeConsumerGroups(kafka->handle, &group, 1, options,
                                    kafka->answers);
    rd_kafka_AdminOptions_destroy(options);
    if (kafka_wait_for_answer(kafka, &answer, err) != 0)
        return error_wrap(err, "group %s", group);
    found = rd_kafka_DescribeConsumerGroups_result_groups(
        rd_kafka_event_DescribeConsumerGroups_result(answer), &count);
    result = count == 1 ? read_group(kafka, found[0], ret_group, err)
                        : error_set(err, ERROR_BUG,
                                    "Kafka: an answer about %zu groups", count);
    rd_kafka_event_destroy(answer);
    return result == 0 ? 0 : error_wrap(err, "group %s", group);
}

void kafka_group_release(struct kafka_group *group)
{
    for (size_t i = 0; i < group->members_count; i++) {
        free(group->members[i].id);
        free(group->members[i].client);
        free(group->members[i].host);
    }
    free(group->members);
    free(group->state);
    *group = (struct kafka_group){.state = NULL};
}
