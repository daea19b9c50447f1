-- All combinations of endpoint, policy and algorithm by which requests were counted.
select id, endpoint, policy, algorithm from limiter.series order by endpoint, policy, algorithm
