"""A pod as RunPod tells of it, in GraphQL and in REST v2."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

STOPPED = frozenset({"EXITED", "TERMINATED", "DEAD", "PAUSED"})
ACTIONS = {
    "RUNNING": ("stop", "restart", "terminate"),
    "EXITED": ("start", "terminate"),
    "ERROR": ("start", "terminate"),
    "PROVISIONING": ("stop", "terminate"),
    "STARTING": ("stop", "terminate"),
}
# GraphQL has no word for what REST v2 calls these.
IN_GRAPHQL = {"PROVISIONING": "CREATED", "STARTING": "CREATED", "ERROR": "EXITED"}
IN_REST = {
    "CREATED": "PROVISIONING",
    "RESTARTING": "STARTING",
    "PAUSED": "EXITED",
    "DEAD": "ERROR",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """A rented pod; times are aware, money is per hour."""

    id: str
    name: str
    created_at: datetime
    started_at: datetime | None = None
    """None: five seconds after it was created."""
    status: str = "RUNNING"
    cost_per_hour_usd: float = 0.69
    gpu: str = "NVIDIA GeForce RTX 4090"
    gpu_percent: int = 93
    memory_percent: int = 41
    locked: bool = False
    image: str = "example/worker:1"
    data_center: str = "EU-RO-1"
    volume: str = "agv6w2qcg7"
    last_status_change: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    """Besides WORKER_ID and a key that must never be shown."""
    logs: tuple[str, ...] = ()
    """What its container wrote, oldest first, a second apart."""

    @property
    def running(self) -> bool:
        """Return whether its container runs."""
        return self.status == "RUNNING"

    @property
    def actions(self) -> tuple[str, ...]:
        """Return what REST v2 allows to do with it now."""
        return ACTIONS.get(IN_REST.get(self.status, self.status), ())

    @property
    def start(self) -> datetime:
        """Return when its container was started last."""
        return self.started_at or self.created_at + timedelta(seconds=5)

    def as_graphql(self, now: datetime) -> dict[str, Any]:
        """Return every field of the GraphQL type Pod that has a value."""
        uptime = int((now - self.start).total_seconds()) if self.running else 0
        changed = self.last_status_change or _since("Rented by User", self.created_at)
        return {
            "id": self.id,
            "name": self.name,
            "desiredStatus": IN_GRAPHQL.get(self.status, self.status),
            "podType": "RESERVED",
            "imageName": self.image,
            "env": [f"{name}={value}" for name, value in self._env().items()],
            "costPerHr": self.cost_per_hour_usd,
            "adjustedCostPerHr": self.cost_per_hour_usd,
            "gpuCount": 1,
            "gpuPowerLimitPercent": 100,
            "vcpuCount": 8.0,
            "memoryInGb": 62.0,
            "containerDiskInGb": 50,
            "volumeInGb": 20.0,
            "volumeMountPath": "/workspace",
            "volumeEncrypted": False,
            "machineId": f"m{self.id[:6]}",
            "lastStatusChange": changed,
            "uptimeSeconds": uptime,
            "ports": "8888/http,22/tcp",
            "locked": self.locked,
            "createdAt": _iso(self.created_at),
            "lastStartedAt": _iso(self.start),
            "networkVolumeId": self.volume,
            "networkVolume": volume(self.volume, self.data_center),
            "dockerArgs": "",
            "machine": {
                "podHostId": f"{self.id}-64410065",
                "gpuDisplayName": self.gpu.split(" ", 1)[-1],
                "gpuTypeId": self.gpu,
                "dataCenterId": self.data_center,
                "location": self.data_center.split("-")[1],
                "secureCloud": True,
            },
            "runtime": self._runtime(uptime) if self.running else None,
        }

    def as_rest(self, now: datetime) -> dict[str, Any]:
        """Return the pod as REST v2 gives it."""
        uptime = max(0, int((now - self.start).total_seconds()))
        running = {
            "uptime": uptime,
            "gpus": [{"util": self.gpu_percent, "memoryUtil": 71}],
            "cpu": {"util": 7},
            "memory": {"util": self.memory_percent},
            "ports": [
                {"private": 22, "public": 40022, "type": "tcp", "ip": "203.0.113.7"}
            ],
        }
        return {
            "id": self.id,
            "name": self.name,
            "status": IN_REST.get(self.status, self.status),
            "actions": list(self.actions),
            "image": self.image,
            "args": "",
            "disk": 50,
            "mounts": {"network": [{"volumeId": self.volume, "path": "/workspace"}]},
            "ports": ["8888/http", "22/tcp"],
            "env": self._env(),
            "registry": None,
            "gpu": {"id": self.gpu, "count": 1},
            "cloud": "SECURE",
            "dataCenterId": self.data_center,
            "cudaVersion": None,
            "ssh": {"proxy": None, "direct": None},
            "template": None,
            "cost": 0.0 if self.status in STOPPED else self.cost_per_hour_usd,
            "locked": self.locked,
            "globalNetworking": {"enabled": False},
            "runtime": running if self.running else None,
            "createdAt": _iso(self.created_at),
            "startedAt": _iso(self.start) if self.running else None,
        }

    def _env(self) -> dict[str, str]:
        return {
            "WORKER_ID": self.name,
            "SUPABASE_SERVICE_ROLE_KEY": "never-show-this-key",
            **self.environment,
        }

    def _runtime(self, uptime: int) -> dict[str, Any]:
        return {
            "uptimeInSeconds": uptime,
            "container": {"cpuPercent": 7, "memoryPercent": self.memory_percent},
            "gpus": [
                {
                    "id": f"GPU-{self.id}",
                    "gpuUtilPercent": self.gpu_percent,
                    "memoryUtilPercent": 71,
                }
            ],
            "ports": [
                {
                    "ip": "203.0.113.7",
                    "isIpPublic": True,
                    "privatePort": 22,
                    "publicPort": 40022,
                    "type": "tcp",
                }
            ],
        }


def volume(id: str, data_center: str) -> dict[str, Any]:
    """Return a network volume as GraphQL gives it."""
    return {"id": id, "name": "models", "size": 500, "dataCenterId": data_center}


def exited(at: datetime) -> str:
    """Return the text a pod carries after somebody stopped it."""
    return _since("Exited by user", at)


def _since(what: str, at: datetime) -> str:
    zone = "GMT+0000 (Coordinated Universal Time)"
    return f"{what}: {at:%a %b %d %Y %H:%M:%S} {zone}"


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
