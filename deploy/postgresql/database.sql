-- The database and its two roles. For a superuser; to run it again sets right what differs:
--
--     psql --file deploy/postgresql/database.sql postgres
--     psql --set database=another --file deploy/postgresql/database.sql postgres
--
-- The owner migrates, restores and moves. The running role serves, and takes backups: it reads and
-- writes rows, and owns nothing. So whoever takes over the server can neither alter nor truncate a
-- table, nor disable a trigger, nor lay a table of their own in front of one that a trigger reads.

\set ON_ERROR_STOP on
\if :{?database}
\else
\set database befreg
\endif
\if :{?owner}
\else
\set owner befreg_owner
\endif
\if :{?running}
\else
\set running befreg
\endif

SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY[:'owner', :'running']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE :"running" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
-- A member of another role may become it, the owner too.
SELECT format('REVOKE %I FROM %I', roleid::regrole::name, member::regrole::name)
FROM pg_auth_members
WHERE member = :'running'::regrole
\gexec

-- C.UTF-8 is the order that the tests run with, and no upgrade of the system's C library changes it,
-- which would break indexes.
SELECT format(
    'CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8''',
    :'database', :'owner'
)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec
ALTER DATABASE :"database" OWNER TO :"owner";
-- Everybody may make temporary tables otherwise, and those come before all others.
REVOKE ALL ON DATABASE :"database" FROM PUBLIC, :"running";
GRANT CONNECT ON DATABASE :"database" TO :"running";

\connect :database
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC, :"running";
GRANT USAGE ON SCHEMA public TO :"running";
-- Of an installation that had one role for everything.
SELECT format('ALTER TABLE %s OWNER TO %I', oid::regclass, :'owner')
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
  AND relowner <> :'owner'::regrole
\gexec
SELECT format('ALTER FUNCTION %s OWNER TO %I', oid::regprocedure, :'owner')
FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proowner <> :'owner'::regrole
\gexec
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, :"running";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"running";
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO :"running";
-- The same for what a migration makes later.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"running";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT SELECT, USAGE ON SEQUENCES TO :"running";
