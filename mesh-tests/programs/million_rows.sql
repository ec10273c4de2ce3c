-- A million rows, indexes, a join and sorts. Run by sqlite3 on an empty file.
pragma page_size = 4096;
pragma cache_size = -60000;
pragma threads = 2;
pragma synchronous = off;
pragma journal_mode = off;
create table row (id integer primary key, key integer not null, name text not null);
begin;
insert into row
with recursive counter(n) as (select 1 union all select n + 1 from counter where n < 1000000)
select n, (n * 7919) % 1000003, char(97 + n % 26, 97 + n % 25, 97 + n % 23, 97 + n % 19) from counter;
commit;
create index by_key on row (key);
select count(*), sum(key) from row;
select name, count(*) from row where id < 200000 group by name order by 2 desc, 1 limit 5;
select count(*) from row a join row b on b.key = a.key + 1 where a.id % 20 = 0;
create index by_name on row (name) where id % 5 = 0;
delete from row where id % 3 = 0;
update row set name = name || 'x' where id % 50 = 0;
select count(*), sum(length(name)) from row;
pragma integrity_check;
