-- By what requests are counted.
select id, endpoint, policy, algorithm from limiter.series order by endpoint, policy, algorithm
