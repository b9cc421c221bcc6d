# fish completion for tlswhy, made from its flags
complete -c tlswhy -l read -s r -r
complete -c tlswhy -l interface -s i -r
complete -c tlswhy -l filter -s f -r
complete -c tlswhy -l exact-filter
complete -c tlswhy -l write -s w -r
complete -c tlswhy -l rotate-size -s C -r
complete -c tlswhy -l rotate-files -s W -r
complete -c tlswhy -l output -s o -r
complete -c tlswhy -l format -x -a 'text markdown html json ndjson'
complete -c tlswhy -l all -s a
complete -c tlswhy -l only -x -a 'failed'
complete -c tlswhy -l server -r
complete -c tlswhy -l client -r
complete -c tlswhy -l sni -r
complete -c tlswhy -l port -r
complete -c tlswhy -l stream -r
complete -c tlswhy -l keylog -r
complete -c tlswhy -l roots -r
complete -c tlswhy -l redact
complete -c tlswhy -l with-secrets
complete -c tlswhy -l timeout -r
complete -c tlswhy -l until-failure
complete -c tlswhy -l duration -r
complete -c tlswhy -l count -s c -r
complete -c tlswhy -l buffer-size -s B -r
complete -c tlswhy -l keep-bytes -r
complete -c tlswhy -l netns -r
complete -c tlswhy -l force
complete -c tlswhy -l lang -x -a 'en zh'
complete -c tlswhy -l color -x -a 'auto always never'
complete -c tlswhy -l no-progress
complete -c tlswhy -l quiet -s q
complete -c tlswhy -l verbose -s v
complete -c tlswhy -l explain -r
complete -c tlswhy -l list-findings
complete -c tlswhy -l list-ports
complete -c tlswhy -l list-interfaces -s D
complete -c tlswhy -l version
complete -c tlswhy -l help -s h
