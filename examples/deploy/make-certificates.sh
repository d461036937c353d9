#!/usr/bin/env bash
# Makes a CA for one cluster, and a certificate for each of its nodes.
#
#   make-certificates.sh DIRECTORY [NODE=HOST,HOST… …]
#
#   make-certificates.sh /etc/game/tls arena-1=10.0.0.5,arena-1.example arena-2=10.0.0.6 arena-3=10.0.0.7
#
# Without nodes it makes node-1, node-2 and node-3 for localhost and 127.0.0.1, to try things out. Afterwards there are
#
#   ca.pem      every node gets it:                    SHARD_TLS_CA
#   NODE.pem    this node's certificate, for the node: SHARD_TLS_CERT
#   NODE.key    its private key, for this node alone:  SHARD_TLS_KEY
#   ca.key      no node gets it. Whoever has it can make nodes: keep it off the machines that run any.
#
# HOST is what a node is dialled by: the host that it advertises (SHARD_ADVERTISE, or else the address that it listens on),
# and every name in the seeds of others (SHARD_PEERS, SHARD_DISCOVERY). Names and IP addresses both go.
#
# Run it again as often as you like. The CA stays. A certificate stays as long as it is good for another THIRD of its life
# and for the same hosts; otherwise it is made anew, under a new key. Nodes read their files again when they change, so
# that copying them is all there is to do.
#
# Environment: DAYS, the life of a node's certificate (90); CA_DAYS, the CA's (3650). Needs openssl 1.1.1 or later.
set -euf -o pipefail

die() {
  echo "make-certificates.sh: $*" >&2
  exit 1
}

usage="usage: make-certificates.sh DIRECTORY [NODE=HOST,HOST… …]"
(($# > 0)) || die "$usage"
command -v openssl >/dev/null || die "openssl is not installed"
directory=$1
shift
(($# > 0)) || set -- node-{1,2,3}=localhost,127.0.0.1
days=${DAYS:-90}
ca_days=${CA_DAYS:-3650}

# Keys are for their owner alone, also while they are written.
umask 077
mkdir -p "$directory"
work=$(mktemp -d "$directory/.make-certificates.XXXXXX")
trap 'rm -rf "$work"' EXIT

new_key() {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>"$work/log" || die "$(cat "$work/log")"
}

# openssl ARGUMENT…, of which only failures are heard.
quietly() {
  openssl "$@" >"$work/log" 2>&1 || die "$(cat "$work/log")"
}

# alternative_names HOST,HOST…: in openssl's words.
alternative_names() {
  local host names=()
  local IFS=,
  for host in $1; do
    case $host in
      '' | *[!A-Za-z0-9.:*_-]*) die "not a host: \`$host\`" ;;
      *:* ) names+=("IP:$host") ;;
      *[!0-9.]*) names+=("DNS:$host") ;;
      *) names+=("IP:$host") ;;
    esac
  done
  ((${#names[@]} > 0)) || die "a node needs a host by which it is dialled"
  echo "${names[*]}"
}

make_ca() {
  # A name of its own, by which it can be told from those of other clusters, and from the one before it.
  cat >"$work/ca.cnf" <<END
[req]
distinguished_name = name
prompt = no
x509_extensions = ca
[name]
CN = shard cluster CA $(openssl rand -hex 4)
[ca]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
END
  new_key "$work/ca.key"
  quietly req -x509 -new -sha256 -config "$work/ca.cnf" -key "$work/ca.key" -days "$ca_days" -out "$work/ca.pem"
  mv "$work/ca.key" "$directory/ca.key"
  chmod 644 "$work/ca.pem"
  mv "$work/ca.pem" "$directory/ca.pem"
  echo "made $directory/ca.pem and $directory/ca.key"
}

# is_good NODE NAMES: whether its certificate can stay.
is_good() {
  local certificate="$directory/$1.pem" key="$directory/$1.key"
  [[ -s $certificate && -s $key && $(cat "$directory/$1.hosts" 2>/dev/null) == "$2" ]] &&
    openssl x509 -in "$certificate" -noout -checkend $((days * 86400 / 3)) >/dev/null &&
    openssl verify -CAfile "$directory/ca.pem" "$certificate" >/dev/null 2>&1 &&
    [[ $(openssl x509 -in "$certificate" -noout -pubkey) == "$(openssl pkey -in "$key" -pubout)" ]]
}

make_node() {
  local node=$1 names=$2
  cat >"$work/node.cnf" <<END
[req]
distinguished_name = name
prompt = no
[name]
CN = $node
[node]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
# Every node is dialled and dials.
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = $names
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
  new_key "$work/node.key"
  quietly req -new -sha256 -config "$work/node.cnf" -key "$work/node.key" -out "$work/node.csr"
  quietly x509 -req -sha256 -in "$work/node.csr" -CA "$directory/ca.pem" -CAkey "$directory/ca.key" \
    -set_serial "0x$(openssl rand -hex 16)" -days "$days" -extfile "$work/node.cnf" -extensions node \
    -out "$work/node.pem"
  # Each file changes as a whole. A node that sees one new and one old file waits for the other.
  chmod 644 "$work/node.pem"
  mv "$work/node.key" "$directory/$node.key"
  mv "$work/node.pem" "$directory/$node.pem"
  echo "$names" >"$directory/$node.hosts"
  echo "made $directory/$node.pem and $directory/$node.key for $names"
}

if [[ -s $directory/ca.pem && -s $directory/ca.key ]]; then
  openssl x509 -in "$directory/ca.pem" -noout -checkend $((days * 86400)) >/dev/null ||
    die "the CA $directory/ca.pem ends in less than $days days: make another one in another directory, give every node \
both ca.pem in one file, then the new certificates, and then the new ca.pem alone"
elif [[ -e $directory/ca.pem || -e $directory/ca.key ]]; then
  die "of ca.pem and ca.key in $directory only one is there"
else
  make_ca
fi

for argument in "$@"; do
  [[ $argument == *=* ]] || die "$usage"
  node=${argument%%=*}
  case $node in
    '' | ca | .* | *[!A-Za-z0-9._-]*) die "not a name for a node: \`$node\`" ;;
  esac
  names=$(alternative_names "${argument#*=}")
  if is_good "$node" "$names"; then
    echo "kept $directory/$node.pem for $names"
  else
    make_node "$node" "$names"
  fi
done
