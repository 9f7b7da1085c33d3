#!/bin/sh
# The programs of a node, in its container: /etc/cluster has what is of this cluster, /etc/node what is of every one.
set -eu
mkdir -p /var/log/node /etc/cni/net.d /run/node
mount --make-rshared /
for hierarchy in /sys/fs/cgroup/*; do
  mount -o remount,bind,rw "$hierarchy"
done
# The kubelet sets these, and they are of the whole machine: it finds what it wants, and the machine keeps what it has.
while read -r name value; do
  echo "$value" >"/run/node/$(basename "$name")"
  mount --bind "/run/node/$(basename "$name")" "/proc/sys/$name"
done <<SETTINGS
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
SETTINGS
cp /etc/node/pods.conflist /etc/cni/net.d/
address=$(hostname -i)
sed "s/NODE_ADDRESS/$address/" /etc/node/kubelet.yaml >/run/node/kubelet.yaml

run() {
  "$@" >"/var/log/node/$1.log" 2>&1 &
}
run containerd --config /etc/node/containerd.toml
until ctr version >/dev/null 2>&1; do sleep 1; done
# shellcheck disable=SC2034
KUBERNETES=/etc/cluster/kubeconfig
run kube-controller-manager --kubeconfig "$KUBERNETES" --root-ca-file /etc/cluster/ca.crt --leader-elect=false --bind-address 127.0.0.1
run kube-scheduler --kubeconfig "$KUBERNETES" --leader-elect=false --bind-address 127.0.0.1
run kube-proxy --kubeconfig "$KUBERNETES" --hostname-override "$(hostname)" --proxy-mode iptables --cluster-cidr 10.244.0.0/24 \
  --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0s --conntrack-tcp-timeout-close-wait 0s
run coredns -conf /etc/node/Corefile
run kubelet --kubeconfig "$KUBERNETES" --config /run/node/kubelet.yaml --hostname-override "$(hostname)" --node-ip "$address"
wait
