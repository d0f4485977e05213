#!/bin/bash
# A Slurm cluster of N "nodes" on one machine, for testing: N slurmd on 127.0.0.1, one slurmctld, one munged, fake GPUs.
#   lab.sh install          apt packages (once)
#   lab.sh up [N] [GPUS]    start (default 4 nodes, 4 GPUs each); needs root
#   . $LAB/env                   then srun, sbatch, sinfo ... work
#   lab.sh down             stop what `up` started, by pid
# All state under $LAB (default /tmp/slurmlab); nothing is written to /etc. Extra slurm.conf lines: $LAB_EXTRA (file).
set -eu
trap '[ $? = 0 ] || [ "$CMD" != up ] || "$0" down' EXIT
LAB=${LAB:-/tmp/slurmlab}; CMD=${1:-}; N=${2:-4}; G=${3:-4}
say() { printf '%s\n' "$*" >&2; }
case $CMD in
install)
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y --no-install-recommends slurmctld slurmd slurm-client munge >/dev/null ;;
up)
    [ "$(id -u)" = 0 ] || { say "needs root"; exit 1; }
    [ ! -d "$LAB/run" ] || "$0" down 2>/dev/null                           # never orphan an earlier lab
    rm -rf "$LAB"; mkdir -p "$LAB"/{etc,run,log,state,spool,dev,munge}; chmod 755 "$LAB" "$LAB"/*
    for ((i = 0; i < G; i++)); do ln -s /dev/null "$LAB/dev/nvidia$i"; done   # Slurm insists on a character device: a link to /dev/null is one
    # munged: own key, own socket; runs as the user munge, who must own key and directories
    dd if=/dev/urandom of="$LAB/munge/key" bs=128 count=1 status=none
    chown -R munge: "$LAB/munge"; chmod 700 "$LAB/munge"; chmod 400 "$LAB/munge/key"
    mkdir -p "$LAB/run/munge"; chown munge: "$LAB/run/munge"; chmod 755 "$LAB/run/munge"
    setpriv --reuid munge --regid munge --clear-groups munged --key-file="$LAB/munge/key" --socket="$LAB/run/munge/sock" \
        --pid-file="$LAB/run/munge/pid" --log-file="$LAB/munge/log" --seed-file="$LAB/munge/seed" --num-threads=4
    cp "$LAB/run/munge/pid" "$LAB/run/munged.pid"
    H=$(hostname -s)
    { cat <<CONF
ClusterName=lab
SlurmctldHost=$H(127.0.0.1)
SlurmctldPort=16817
AuthType=auth/munge
AuthInfo=socket=$LAB/run/munge/sock
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$LAB/state
SlurmdSpoolDir=$LAB/spool/%n
SlurmctldPidFile=$LAB/run/slurmctld.pid
SlurmdPidFile=$LAB/run/slurmd-%n.pid
SlurmctldLogFile=$LAB/log/slurmctld.log
SlurmdLogFile=$LAB/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
ReturnToService=2
GresTypes=gpu
SlurmctldTimeout=30
SlurmdTimeout=60
KillWait=5
NodeName=DEFAULT CPUs=8 Boards=1 SocketsPerBoard=1 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=2000 Gres=gpu:a100:$G State=UNKNOWN
CONF
      for ((i = 1; i <= N; i++)); do echo "NodeName=n$i NodeHostname=$H NodeAddr=127.0.0.1 Port=$((17000 + i))"; done
      echo "PartitionName=main Nodes=n[1-$N] Default=YES MaxTime=60 State=UP"
      [ -z "${LAB_EXTRA:-}" ] || cat "$LAB_EXTRA"; } > "$LAB/etc/slurm.conf"
    # no cores and sockets are checked against the real machine: the nodes claim 8 cores each
    grep -q '^SlurmdParameters=' "$LAB/etc/slurm.conf" || sed -i '1i SlurmdParameters=config_overrides' "$LAB/etc/slurm.conf"
    last=$((G - 1))
    echo "NodeName=n[1-$N] Name=gpu Type=a100 File=$LAB/dev/nvidia[0-$last]" > "$LAB/etc/gres.conf"
    printf 'CgroupPlugin=cgroup/v1\nConstrainCores=no\nConstrainRAMSpace=no\nConstrainDevices=no\n' > "$LAB/etc/cgroup.conf"
    printf 'export SLURM_CONF=%s/etc/slurm.conf\nexport LAB=%s\n' "$LAB" "$LAB" > "$LAB/env"; . "$LAB/env"
    slurmctld; for ((i = 1; i <= N; i++)); do slurmd -N "n$i"; done
    for ((t = 0; t < 100; t++)); do
        [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = "$N" ] && { say "up: $N nodes idle after $((t / 5)).$((t % 5 * 2)) s"; exit 0; }
        sleep 0.2
    done
    sinfo -N -l >&2 || true; say "not all nodes came up; logs in $LAB/log"; exit 1 ;;
down)
    for f in "$LAB"/run/slurmd-*.pid "$LAB"/run/slurmctld.pid "$LAB"/run/munged.pid; do
        [ -s "$f" ] && p=$(cat "$f") && [ -d "/proc/$p" ] && { kill "$p"; for ((t = 0; t < 50; t++)); do [ -d "/proc/$p" ] || break; sleep 0.1; done; }
    done; say "down" ;;
*) sed -n '2,8p' "$0"; exit 64 ;;
esac
