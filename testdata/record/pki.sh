#!/bin/bash
# pki.sh DIR: makes the certificates that the recorded stacks use. Needs openssl 3.0 or later.
# Nothing in here is worth protecting; the private keys stay in DIR and are not kept with the captures.
set -eu
mkdir -p "$1" && cd "$1"
[ -f done ] && exit 0

now=$(date -u +%Y%m%d%H%M%S)
at() { date -u -d "$1" +%Y%m%d%H%M%SZ; }

key() { # NAME KIND
	case $2 in
	rsa*) openssl genrsa -out "$1.key" "${2#rsa}" ;;
	p256 | p384 | p521) openssl ecparam -name "$(echo "$2" | sed 's/p256/prime256v1/; s/p\([35]..*\)/secp\1r1/')" -genkey -noout -out "$1.key" ;;
	ed25519) openssl genpkey -algorithm ed25519 -out "$1.key" ;;
	esac 2>/dev/null
}

conf() { # ISSUER
	mkdir -p "ca-$1" && : >"ca-$1/index" && echo "unique_subject = no" >"ca-$1/index.attr"
	[ -f "ca-$1/serial" ] || openssl rand -hex 8 | sed 's/^./4/' >"ca-$1/serial"
	cat >"ca-$1/conf" <<END
[ca]
default_ca = d
[d]
dir = ca-$1
database = ca-$1/index
serial = ca-$1/serial
new_certs_dir = ca-$1
policy = p
email_in_dn = no
[p]
countryName = optional
organizationName = optional
commonName = supplied
END
}

# cert NAME KEYKIND SUBJECT EXTENSIONS ISSUER [START END DIGEST]; ISSUER "self" signs itself
cert() {
	local name=$1 kind=$2 subject=$3 ext=$4 issuer=$5 start=${6:--1 day} end=${7:-+8 years} md=${8:-sha256}
	[ -f "$name.key" ] || key "$name" "$kind"
	openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr" -batch
	printf '%b' "$ext" >"$name.ext"
	local by=$issuer extra=
	[ "$issuer" = self ] && by=$name && extra=-selfsign
	conf "$by"
	[ "$kind" = ed25519 ] && [ "$issuer" = self ] && md=default
	openssl ca -batch -notext -config "ca-$by/conf" -in "$name.csr" -out "$name.crt" -keyfile "$by.key" \
		${extra:--cert "$by.crt"} -md "$md" -startdate "$(at "$start")" -enddate "$(at "$end")" \
		-extfile "$name.ext" 2>"$name.log" || { cat "$name.log"; exit 1; }
	case $issuer in
	self) cp "$name.crt" "$name.chain" ;;
	inter) cat "$name.crt" inter.crt >"$name.chain" ;;
	*) cp "$name.crt" "$name.chain" ;;
	esac
}

CA='basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
leaf() { printf '%s' "basicConstraints=CA:false\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=$1\nauthorityKeyIdentifier=keyid\nsubjectAltName=$2\n"; }
names='DNS:tls.test,DNS:www.tls.test,DNS:mail.tls.test,DNS:imap.tls.test,DNS:db.tls.test,DNS:ldap.tls.test,DNS:ftp.tls.test,IP:10.31.2.2,IP:10.31.2.3,IP:fd31:2::2'
server=$(leaf serverAuth "$names")
O="/O=Testdata"

cert root rsa2048 "$O/CN=Testdata Root $now" "$CA" self "-2 days" "+20 years"
cert inter p256 "$O/CN=Testdata Intermediate $now" "$CA" root "-2 days" "+19 years"
cert strange rsa2048 "$O/CN=Unlisted Root $now" "$CA" self "-2 days" "+20 years"
cert intercept rsa2048 "/O=Inspection Appliance/CN=Inspection CA $now" "$CA" self "-2 days" "+20 years"

cert rsa rsa2048 "/CN=tls.test" "$server" inter
cert ec p256 "/CN=tls.test" "$server" inter
cert ec384 p384 "/CN=tls.test" "$server" inter
cert ed25519 ed25519 "/CN=tls.test" "basicConstraints=CA:false\nkeyUsage=critical,digitalSignature\nsubjectAltName=$names\n" inter
cert expired rsa2048 "/CN=tls.test" "$server" inter "-400 days" "-12 days"
cert future rsa2048 "/CN=tls.test" "$server" inter "+200 days" "+600 days"
cert othername rsa2048 "/CN=other.test" "$(leaf serverAuth DNS:other.test,DNS:www.other.test)" inter
cert nosan rsa2048 "/CN=tls.test" "basicConstraints=CA:false\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\n" inter
cert unlisted rsa2048 "/CN=tls.test" "$server" strange
cert clienteku rsa2048 "/CN=tls.test" "$(leaf clientAuth "$names")" inter
cert caleaf rsa2048 "/CN=tls.test" "${CA}subjectAltName=$names\n" inter
cert rsa1024 rsa1024 "/CN=tls.test" "$server" inter
cert sha1 rsa2048 "/CN=tls.test" "$server" inter "-1 day" "+8 years" sha1
cert staple rsa2048 "/CN=tls.test" "${server}tlsfeature=status_request\n" inter
cert critical rsa2048 "/CN=tls.test" "${server}1.3.6.1.4.1.99999.1=critical,DER:0500\n" inter
cert intercepted rsa2048 "/CN=tls.test" "$server" intercept
cert self rsa2048 "/CN=tls.test" "$(leaf serverAuth "$names" | sed 's/authorityKeyIdentifier=keyid.n//')" self
cert ecself p256 "/CN=tls.test" "$(leaf serverAuth "$names" | sed 's/authorityKeyIdentifier=keyid.n//')" self

client() { leaf clientAuth "email:$1@tls.test"; }
cert client rsa2048 "/CN=client one" "$(client one)" inter
cert clientec p256 "/CN=client one" "$(client one)" inter
cert client-expired rsa2048 "/CN=client expired" "$(client expired)" inter "-400 days" "-9 days"
cert client-future rsa2048 "/CN=client future" "$(client future)" inter "+200 days" "+600 days"
cert client-unlisted rsa2048 "/CN=client unlisted" "$(client unlisted)" strange
cert client-eku rsa2048 "/CN=client usage" "$(leaf serverAuth email:usage@tls.test)" inter
cert client-rsa1024 rsa1024 "/CN=client weak" "$(client weak)" inter
cert client-sha1 rsa2048 "/CN=client weak" "$(client weak)" inter "-1 day" "+8 years" sha1

# SM2 for TLCP: a root, a signing and an encryption certificate
sm2() { # NAME SUBJECT EXTENSIONS ISSUER
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out "$1.key" 2>/dev/null
	openssl req -new -key "$1.key" -subj "$2" -sm3 -sigopt distid:1234567812345678 -out "$1.csr" -batch
	printf '%b' "$3" >"$1.ext"
	local by="-CA $4.crt -CAkey $4.key -CAcreateserial"
	[ "$4" = "$1" ] && by="-signkey $1.key"
	# shellcheck disable=SC2086
	openssl x509 -req -in "$1.csr" $by -sm3 -sigopt distid:1234567812345678 -vfyopt distid:1234567812345678 \
		-days 2900 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
}
sm2 sm2ca "$O/CN=Testdata SM2 Root" "$CA" sm2ca
sm2 sm2sign "/CN=tls.test" "keyUsage=critical,digitalSignature\nsubjectAltName=DNS:tls.test\n" sm2ca
sm2 sm2enc "/CN=tls.test" "keyUsage=critical,keyEncipherment,dataEncipherment,keyAgreement\nsubjectAltName=DNS:tls.test\n" sm2ca

# a stapled answer that says revoked, and one that says good
openssl ocsp -issuer inter.crt -cert rsa.crt -reqout ocsp.req 2>/dev/null
serial=$(openssl x509 -in rsa.crt -noout -serial | cut -d= -f2)
printf 'R\t%s\t%s,keyCompromise\t%s\tunknown\t/CN=tls.test\n' "$(date -u -d '+8 years' +%y%m%d%H%M%SZ)" "$(date -u -d '-3 days' +%y%m%d%H%M%SZ)" "$serial" >revoked.index
openssl ocsp -index revoked.index -CA inter.crt -rsigner inter.crt -rkey inter.key -reqin ocsp.req -respout revoked.ocsp -ndays 60 2>/dev/null >/dev/null

cat rsa.crt root.crt inter.crt >wrongorder.chain && cp rsa.key wrongorder.key
cp rsa.crt leafonly.chain && cp rsa.key leafonly.key
cp root.crt roots.pem
cat rsa.chain rsa.key >rsa.pem; cat ec.chain ec.key >ec.pem; cat expired.chain expired.key >expired.pem
cat client.chain client.key >client.pem
openssl dhparam -out dh2048.pem -dsaparam 2048 2>/dev/null
openssl dhparam -out dh1024.pem -dsaparam 1024 2>/dev/null
rm -f ./*.csr ./*.ext ./*.log
touch done
