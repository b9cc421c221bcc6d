module tlswhy

go 1.26
