CREATE TABLE logs
(
    system      LowCardinality(String),             -- octollm, agents or reigh
    timestamp   DateTime64(6, 'UTC'),
    id          String DEFAULT toString(generateUUIDv7()),
    level       LowCardinality(String) DEFAULT 'INFO',
    source      LowCardinality(String),             -- the service, or the kind of writer
    source_id   String DEFAULT '',                  -- which one of the kind, or its logger
    message     String,
    task_id     String DEFAULT '',
    worker_id   String DEFAULT '',
    request_id  String DEFAULT '',
    cycle       Nullable(Int64),
    fields      Map(LowCardinality(String), String),
    -- What is searched for text; what people wrote to the services is not.
    searched    String MATERIALIZED lowerUTF8(concat(message, arrayStringConcat(arrayMap(
        (name, value) -> if(name IN ('goal', 'value', 'matched_text', 'examples'), '',
                            concat(' ', name, '=', value)),
        mapKeys(fields), mapValues(fields))))) CODEC(ZSTD(3)),
    INDEX of_level   level             TYPE set(16)      GRANULARITY 1,
    INDEX of_source  lower(source)     TYPE set(64)      GRANULARITY 1,
    INDEX of_name    lowerUTF8(source_id) TYPE bloom_filter GRANULARITY 1,
    INDEX of_task    task_id           TYPE bloom_filter GRANULARITY 1,
    INDEX of_worker  worker_id         TYPE bloom_filter GRANULARITY 1,
    INDEX of_request request_id        TYPE bloom_filter GRANULARITY 1,
    INDEX of_field   mapValues(fields) TYPE bloom_filter GRANULARITY 1,
    INDEX of_text    searched          TYPE ngrambf_v1(4, 65536, 3, 0) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(timestamp)
ORDER BY (system, timestamp, id)
TTL toDateTime(timestamp) + INTERVAL 90 DAY;
