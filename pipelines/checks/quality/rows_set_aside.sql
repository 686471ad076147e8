-- Records of the files that hold now which could not be used and were set aside.
select source, stream as part, cast(sum(quarantined) as bigint) as n_wrong, cast(sum(accepted + quarantined) as bigint) as n_rows
from landing_file
where current
group by source, stream
