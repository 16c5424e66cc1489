-- The queue's database as a hosted Supabase project has it: roles, limits, tables,
-- indices, views and row level security (systems: tasks, workers, system_logs and
-- the few neighbours which explain them). Applied once to an empty database.

-- Roles. PostgREST logs in as `authenticator` and becomes what the key's claim says.
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;

-- The time limits Supabase ships. service_role has none of its own, so a service
-- key keeps the 8 s of the session.
alter role authenticator set statement_timeout = '8s';
alter role authenticated set statement_timeout = '8s';
alter role anon set statement_timeout = '3s';

-- Labels in life-cycle order: the order is what indices and `order by` follow.
create type task_status as enum
  ('Queued', 'In Progress', 'Complete', 'Failed', 'Cancelled');
create type credit_ledger_type as enum
  ('stripe', 'manual', 'spend', 'refund', 'auto_topup');

create table users (
  id uuid primary key default gen_random_uuid(),
  credits numeric(10, 3) not null default 0,
  settings jsonb default '{}',
  created_at timestamptz not null default now()
);

create table projects (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users (id) on delete cascade,
  name text not null,
  created_at timestamptz not null default now()
);

create table task_types (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  run_type text not null default 'gpu' check (run_type in ('gpu', 'api')),
  category text not null default 'generation',
  tool_type text,
  content_type text,
  display_name text,
  is_active boolean not null default true,
  billing_type text not null default 'per_second',
  base_cost_per_second numeric(10, 6) not null default 0.000278,
  unit_cost numeric(10, 6),
  created_at timestamptz not null default now()
);

-- `status` is free text: spawning, error and crashed are written as well as the
-- three names the first migration allowed. `metadata` may be null.
create table workers (
  id text primary key,
  instance_type text not null default 'external',
  created_at timestamptz not null default now(),
  last_heartbeat timestamptz,
  status text not null default 'active',
  metadata jsonb default '{}',
  current_model text
);

-- The default project lets a row be written with few columns; production has none.
create table tasks (
  id uuid primary key default gen_random_uuid(),
  task_type text not null,
  params jsonb not null default '{}',
  status task_status not null default 'Queued',
  dependant_on uuid[],
  output_location text,
  created_at timestamptz not null default now(),
  updated_at timestamptz,
  project_id uuid not null default '00000000-0000-4000-8000-000000000001'
    references projects (id) on delete cascade,
  generation_started_at timestamptz,
  generation_processed_at timestamptz,
  generation_created boolean not null default false,
  worker_id text constraint tasks_worker_id_fkey
    references workers (id) on delete set null,
  attempts integer not null default 0,
  error_message text,
  result_data jsonb default '{}',
  copied_from_share text
);

-- No foreign keys: a line outlives what it speaks of. `timestamp` is the sender's
-- clock and not unique, `id` is random: only both together give a stable order.
create table system_logs (
  id uuid primary key default gen_random_uuid(),
  "timestamp" timestamptz not null default now(),
  source_type text not null check (source_type in (
    'orchestrator_gpu', 'orchestrator_api', 'worker', 'edge_function', 'browser',
    'dev_agent')),
  source_id text not null,
  log_level text not null check (log_level in (
    'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')),
  message text not null,
  task_id uuid,
  worker_id text,
  cycle_number integer,
  metadata jsonb default '{}'
);

create table generations (
  id uuid primary key default gen_random_uuid(),
  tasks jsonb default '[]',
  params jsonb default '{}',
  location text,
  thumbnail_url text,
  type text,
  project_id uuid not null default '00000000-0000-4000-8000-000000000001'
    references projects (id) on delete cascade,
  parent_generation_id uuid references generations (id) on delete cascade,
  child_order integer,
  is_child boolean not null default false,
  based_on uuid references generations (id) on delete set null,
  primary_variant_id uuid,
  created_at timestamptz not null default now()
);

create table credits_ledger (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users (id) on delete cascade,
  task_id uuid references tasks (id) on delete set null,
  amount numeric(10, 3) not null,
  type credit_ledger_type not null,
  metadata jsonb default '{}',
  created_at timestamptz not null default now()
);

create index workers_status on workers (status);
create index workers_heartbeat on workers (last_heartbeat);
create index workers_status_heartbeat on workers (status, last_heartbeat);
create index workers_model on workers (current_model) where status = 'active';

create index tasks_status_created on tasks (status, created_at);
create index tasks_status_worker on tasks (status, worker_id);
create index tasks_worker on tasks (worker_id);
create index tasks_project_status on tasks (project_id, status);
create index tasks_queued on tasks (created_at) where status = 'Queued';
create index tasks_started on tasks (generation_started_at)
  where status = 'In Progress';
create index tasks_running on tasks (project_id, status)
  where status = 'In Progress';
create index tasks_without_generation on tasks (status, generation_created)
  where status = 'Complete' and not generation_created;
create index tasks_dependencies on tasks using gin (dependant_on)
  where dependant_on is not null;

-- No index on the text of a message: a search is bounded by its time range alone.
create index system_logs_timestamp on system_logs ("timestamp" desc);
create index system_logs_source
  on system_logs (source_type, source_id, "timestamp" desc);
create index system_logs_task on system_logs (task_id, "timestamp" desc)
  where task_id is not null;
create index system_logs_worker on system_logs (worker_id, "timestamp" desc)
  where worker_id is not null;
create index system_logs_level on system_logs (log_level, "timestamp" desc);
create index system_logs_cycle on system_logs (source_type, cycle_number)
  where cycle_number is not null;

create index generations_project on generations (project_id, created_at desc);
create index generations_tasks on generations using gin (tasks);
create index credits_ledger_user on credits_ledger (user_id);
create index credits_ledger_task on credits_ledger (task_id);

-- Exact counts in one row, whatever cap the interface puts on lists.
create view orchestrator_status with (security_invoker = true) as
select
  count(*) filter (where t.status = 'Queued') as queued_tasks,
  count(*) filter (where t.status = 'In Progress') as running_tasks,
  count(*) filter (where t.status = 'Complete') as completed_tasks,
  count(*) filter (where t.status = 'Failed') as error_tasks,
  count(*) filter (where t.status = 'Failed') as failed_tasks,
  (select count(*) from workers where status = 'inactive') as inactive_workers,
  (select count(*) from workers where status = 'active') as active_workers,
  (select count(*) from workers where status = 'terminated') as terminated_workers,
  (select count(*) from workers
    where instance_type = 'external' and status = 'active') as external_workers,
  (select count(*) from workers
    where status in ('active', 'external')
      and last_heartbeat < now() - interval '5 minutes') as stale_workers,
  (select count(*) from tasks
    where status = 'In Progress'
      and generation_started_at < now() - interval '10 minutes') as stuck_tasks,
  now() as snapshot_time
from tasks t;

-- One row per worker and running task; spawning, error and crashed are left out.
create view active_workers_health with (security_invoker = true) as
select
  w.id,
  w.instance_type,
  w.status,
  w.created_at,
  w.last_heartbeat,
  extract(epoch from now() - w.last_heartbeat) as heartbeat_age_seconds,
  (w.metadata ->> 'vram_total_mb')::integer as vram_total_mb,
  (w.metadata ->> 'vram_used_mb')::integer as vram_used_mb,
  case
    when (w.metadata ->> 'vram_total_mb')::integer > 0 then
      round((w.metadata ->> 'vram_used_mb')::numeric * 100
        / (w.metadata ->> 'vram_total_mb')::numeric, 1)
  end as vram_usage_percent,
  t.id as current_task_id,
  t.status::text as current_task_status,
  t.task_type as current_task_type,
  extract(epoch from now() - t.generation_started_at) as task_runtime_seconds,
  case
    when w.status = 'terminated' then 'TERMINATED'
    when w.status = 'inactive' then 'INACTIVE'
    when w.last_heartbeat is null then 'NO_HEARTBEAT'
    when w.last_heartbeat < now() - interval '5 minutes' then 'STALE_HEARTBEAT'
    when t.generation_started_at < now() - interval '10 minutes' then 'STUCK_TASK'
    else 'HEALTHY'
  end as health_status
from workers w
left join tasks t on t.worker_id = w.id and t.status = 'In Progress'
where w.status in ('inactive', 'active', 'terminated')
order by w.created_at desc;

-- "Is it logging?" for all workers at once: the last hour.
create view v_worker_log_activity with (security_invoker = true) as
select
  w.id as worker_id,
  w.status,
  w.last_heartbeat,
  count(l.id) as log_count,
  count(l.id) filter (where l.log_level = 'ERROR') as error_count,
  count(l.id) filter (where l.log_level = 'WARNING') as warning_count,
  max(l."timestamp") as last_log_time
from workers w
left join system_logs l
  on l.worker_id = w.id and l."timestamp" > now() - interval '1 hour'
where w.status in ('active', 'spawning', 'inactive')
group by w.id, w.status, w.last_heartbeat
order by last_log_time desc nulls last;

-- Row level security without policies: only service_role, which bypasses it, sees
-- rows. anon may select from three tables and sees none: a wrong key looks like an
-- empty database.
alter table users enable row level security;
alter table projects enable row level security;
alter table task_types enable row level security;
alter table workers enable row level security;
alter table tasks enable row level security;
alter table system_logs enable row level security;
alter table generations enable row level security;
alter table credits_ledger enable row level security;

grant usage on schema public to anon, authenticated, service_role;
grant all on all tables in schema public to service_role;
grant select on tasks, workers, system_logs to anon;
grant select on tasks, workers, projects, task_types, generations to authenticated;

create policy workers_readable on workers for select to authenticated using (true);
create policy task_types_readable on task_types
  for select to authenticated using (true);

insert into users (id, credits, settings) values (
  '00000000-0000-4000-8000-000000000000', 1000,
  '{"ui": {"generationMethods": {"inCloud": true, "onComputer": true}}}');
insert into projects (id, user_id, name) values (
  '00000000-0000-4000-8000-000000000001',
  '00000000-0000-4000-8000-000000000000', 'default');

insert into task_types (name, run_type, category, content_type) values
  ('travel_orchestrator', 'gpu', 'orchestration', 'video'),
  ('travel_segment', 'gpu', 'generation', 'video'),
  ('individual_travel_segment', 'gpu', 'generation', 'video'),
  ('travel_stitch', 'gpu', 'generation', 'video'),
  ('join_clips_orchestrator', 'gpu', 'orchestration', 'video'),
  ('join_clips_segment', 'gpu', 'generation', 'video'),
  ('join_final_stitch', 'gpu', 'generation', 'video'),
  ('edit_video_orchestrator', 'gpu', 'orchestration', 'video'),
  ('inpaint_frames', 'gpu', 'generation', 'video'),
  ('generate_video', 'gpu', 'generation', 'video'),
  ('vace', 'gpu', 'generation', 'video'),
  ('vace_21', 'gpu', 'generation', 'video'),
  ('vace_22', 'gpu', 'generation', 'video'),
  ('t2v', 'gpu', 'generation', 'video'),
  ('t2v_22', 'gpu', 'generation', 'video'),
  ('i2v', 'gpu', 'generation', 'video'),
  ('i2v_22', 'gpu', 'generation', 'video'),
  ('wan_2_2_t2i', 'gpu', 'generation', 'image'),
  ('flux', 'gpu', 'generation', 'image'),
  ('hunyuan', 'gpu', 'generation', 'video'),
  ('ltxv', 'gpu', 'generation', 'video'),
  ('extract_frame', 'gpu', 'processing', 'image'),
  ('rife_interpolate_images', 'gpu', 'processing', 'video'),
  ('single_image', 'gpu', 'generation', 'image'),
  ('lora_training', 'gpu', 'training', null),
  ('qwen_image', 'api', 'generation', 'image'),
  ('qwen_image_2512', 'api', 'generation', 'image'),
  ('qwen_image_edit', 'api', 'generation', 'image'),
  ('qwen_image_style', 'api', 'generation', 'image'),
  ('wan_2_2_i2v', 'api', 'generation', 'video'),
  ('animate_character', 'api', 'generation', 'video'),
  ('image-upscale', 'api', 'upscale', 'image'),
  ('image_inpaint', 'api', 'generation', 'image'),
  ('annotated_image_edit', 'api', 'generation', 'image'),
  ('z_image_turbo', 'api', 'generation', 'image'),
  ('z_image_turbo_i2i', 'api', 'generation', 'image'),
  ('video_upscale', 'api', 'upscale', 'video');
