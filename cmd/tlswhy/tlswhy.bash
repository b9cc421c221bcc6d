# bash completion for tlswhy, made from its flags
_tlswhy() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--format) COMPREPLY=($(compgen -W 'text markdown html json ndjson' -- "$cur")); return ;;
	--only) COMPREPLY=($(compgen -W 'failed' -- "$cur")); return ;;
	--lang) COMPREPLY=($(compgen -W 'en zh' -- "$cur")); return ;;
	--color) COMPREPLY=($(compgen -W 'auto always never' -- "$cur")); return ;;
	--interface|-i|--filter|-f|--rotate-size|-C|--rotate-files|-W|--server|--client|--sni|--port|--stream|--timeout|--duration|--count|-c|--buffer-size|-B|--keep-bytes|--netns|--explain) return ;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W '--read --interface --filter --exact-filter --write --rotate-size --rotate-files --output --format --all --only --server --client --sni --port --stream --keylog --roots --redact --with-secrets --timeout --until-failure --duration --count --buffer-size --keep-bytes --netns --force --lang --color --no-progress --quiet --verbose --explain --list-findings --list-ports --list-interfaces --version --help' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _tlswhy tlswhy
