CREATE TABLE octollm_lines (service String, line String) ENGINE = Null;

CREATE MATERIALIZED VIEW octollm_to_logs TO logs AS
WITH
    -- What structlog writes, and the reflex layer, which has two objects inside.
    arrayConcat(
        JSONExtractKeysAndValuesRaw(line),
        JSONExtractKeysAndValuesRaw(line, 'span'),
        JSONExtractKeysAndValuesRaw(line, 'fields')) AS held,
    CAST(arrayMap(
        it -> (it.1, if(startsWith(it.2, '"'), JSONExtractString(it.2), it.2)),
        held), 'Map(String, String)') AS said
SELECT
    'octollm' AS system,
    parseDateTime64BestEffort(said['timestamp'], 6, 'UTC') AS timestamp,
    upper(said['level']) AS level,
    service AS source,
    if(said['logger'] = '', said['target'], said['logger']) AS source_id,
    if(said['event'] = '', said['message'], said['event']) AS message,
    lower(said['task_id']) AS task_id,
    said['request_id'] AS request_id,
    mapFilter((name, value) -> name NOT IN (
        'timestamp', 'level', 'logger', 'target', 'event', 'message', 'task_id',
        'request_id', 'span', 'spans', 'fields'), said) AS fields
FROM octollm_lines
WHERE isValidJSON(line);
