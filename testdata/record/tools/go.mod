module tlswhy.test/record

go 1.26
