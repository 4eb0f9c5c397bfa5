"""The Monte Carlo walk of electrons, positrons and photons from a point in an infinite medium.

Mixed simulation: collisions above a cut (Møller), bremsstrahlung photons above 10 keV and scatterings
beyond a small angle (Wentzel, with the spin factor) happen singly; what lies below is continuous loss with
Gaussian straggling and one small deflection at a random point of the step (the random hinge of
J. Baró et al., Nucl. Instrum. Methods B 1995;100:31). Photons: photoelectric, Klein-Nishina, pair.
Positrons annihilate in flight or at rest. Not simulated: Rayleigh scattering (no energy is deposited),
electron binding in the angle of Compton scattering, fluorescence of the medium.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from galu.compiled import kernel
from galu.quantities import ELECTRON_REST_KEV
from galu.transport.random import start, uniform
from galu.transport.tables import ELECTRON_STOP_KEV, HIGH_KEV, LOW_KEV, POINTS, SOFT_PHOTON_KEV

Array = NDArray[np.float64]
PHOTON, ELECTRON, POSITRON = 0, 1, 2
#: Particles that may wait at once.
STACK = 256
PHOTON_STOP_KEV = 1.0
#: Largest part of its energy an electron loses continuously in one step.
STEP_LOSS = 0.05
#: An electron whose range is this part of its distance from the source stops there (a fifth of a shell).
LOCAL = 0.0115
_LOG_LOW = math.log(LOW_KEV)
_PER_LOG = (POINTS - 1) / math.log(HIGH_KEV / LOW_KEV)
MC2 = ELECTRON_REST_KEV


@kernel
def turn(direction: Array, cosine: float, phi: float) -> None:
    """Turn a unit vector by the polar angle of `cosine` and the azimuth `phi`."""
    u, v, w = direction
    sine = math.sqrt(max(0.0, 1.0 - cosine * cosine))
    cx, cy = sine * math.cos(phi), sine * math.sin(phi)
    across = math.sqrt(max(0.0, 1.0 - w * w))
    if across < 1e-8:
        direction[0], direction[1], direction[2] = cx, cy * (1.0 if w > 0 else -1.0), cosine * w
        return
    direction[0] = u * cosine + (cx * u * w - cy * v) / across
    direction[1] = v * cosine + (cx * v * w + cy * u) / across
    direction[2] = w * cosine - cx * across
    norm = 1.0 / math.sqrt(direction[0] ** 2 + direction[1] ** 2 + direction[2] ** 2)
    direction[0] *= norm
    direction[1] *= norm
    direction[2] *= norm


@kernel
def isotropic(direction: Array, state: NDArray[np.uint64]) -> None:
    """Draw a direction."""
    w = 2.0 * uniform(state) - 1.0
    phi = 2.0 * math.pi * uniform(state)
    across = math.sqrt(1.0 - w * w)
    direction[0], direction[1], direction[2] = across * math.cos(phi), across * math.sin(phi), w


@kernel
def place(energy: float) -> tuple[int, float]:
    """Row and weight of the next row for an energy on the tables' grid."""
    x = min(max((math.log(energy) - _LOG_LOW) * _PER_LOG, 0.0), POINTS - 1.000001)
    row = int(x)
    return row, x - row


@kernel
def push(stack: Array, depth: int, kind: float, energy: float, position: Array, direction: Array) -> int:
    """Lay a particle on the stack; its family is that of the particle under way (row 0)."""
    row = stack[depth]
    row[0], row[1], row[2], row[3], row[4] = kind, energy, position[0], position[1], position[2]
    row[5], row[6], row[7] = direction[0], direction[1], direction[2]
    return depth + 1


@kernel
def score(tally: Array, shells: tuple[float, float], position: Array, energy: float) -> None:
    """Add an energy to its radial shell; the last shell holds what is beyond the grid."""
    square = position[0] ** 2 + position[1] ** 2 + position[2] ** 2
    index = 0
    if square > 0.0:
        index = int(min(max((0.5 * math.log(square) - shells[0]) * shells[1] + 1.0, 0.0), tally.size - 1.0))
    tally[index] += energy


@kernel
def compton(energy: float, state: NDArray[np.uint64]) -> tuple[float, float]:
    """Scattered energy and cosine of a photon (Klein-Nishina, sampled as by Butcher and Messel)."""
    k = energy / MC2
    least = 1.0 / (1.0 + 2.0 * k)
    log_part, square_part = -math.log(least), 0.5 * (1.0 - least * least)
    while True:
        if uniform(state) * (log_part + square_part) < log_part:
            ratio = math.exp(-log_part * uniform(state))
        else:
            ratio = math.sqrt(least * least + (1.0 - least * least) * uniform(state))
        t = (1.0 - ratio) / (k * ratio)
        if uniform(state) < 1.0 - ratio * t * (2.0 - t) / (1.0 + ratio * ratio):
            return energy * ratio, 1.0 - t


@kernel
def walk_photon(
    energy: float, position: Array, direction: Array, tables: Array, stack: Array, depth: int,
    tally: Array, shells: tuple[float, float], state: NDArray[np.uint64],
) -> int:  # fmt: skip
    """Follow one photon to its end; electrons it frees wait on the stack."""
    reach = math.exp(shells[0] + (tally.size - 2) / shells[1])
    secondary = np.empty(3)
    while energy > PHOTON_STOP_KEV:
        row, f = place(energy)
        photo = tables[row, 0] * (1.0 - f) + tables[row + 1, 0] * f
        scatter = tables[row, 1] * (1.0 - f) + tables[row + 1, 1] * f
        pair = (tables[row, 2] * (1.0 - f) + tables[row + 1, 2] * f) if energy > 2.0 * MC2 else 0.0
        path = -math.log(uniform(state)) / (photo + scatter + pair)
        for i in range(3):
            position[i] += path * direction[i]
        if position[0] ** 2 + position[1] ** 2 + position[2] ** 2 > reach * reach:
            tally[tally.size - 1] += energy
            return depth
        choice = uniform(state) * (photo + scatter + pair)
        if choice < photo:
            isotropic(secondary, state)
            waiting: int = push(stack, depth, ELECTRON, energy, position, secondary)
            return waiting
        if choice < photo + pair:
            share = uniform(state) * (energy - 2.0 * MC2)
            depth = push(stack, depth, ELECTRON, share, position, direction)
            both: int = push(stack, depth, POSITRON, energy - 2.0 * MC2 - share, position, direction)
            return both
        left, cosine = compton(energy, state)
        phi = 2.0 * math.pi * uniform(state)
        electron = energy - left
        for i in range(3):
            secondary[i] = direction[i]
        momentum = math.sqrt(electron * (electron + 2.0 * MC2))
        turn(secondary, min(1.0, (energy - left * cosine) / momentum), phi + math.pi)
        turn(direction, cosine, phi)
        depth = push(stack, depth, ELECTRON, electron, position, secondary)
        energy = left
    score(tally, shells, position, energy)
    return depth


@kernel
def moller_loss(energy: float, cut: float, state: NDArray[np.uint64]) -> float:
    """Energy of a δ electron above `cut` (Møller, by rejection from 1/W²)."""
    total = energy + MC2
    a = (energy / total) ** 2
    b = MC2 * (2.0 * energy + MC2) / total**2
    lost: float
    while True:
        share = uniform(state)
        lost = cut * 0.5 * energy / (0.5 * energy - share * (0.5 * energy - cut))
        x = lost / energy
        y = x / (1.0 - x)
        if uniform(state) * 2.0 < 1.0 + y * y + a * x * x - b * y:
            return lost


@kernel
def soft_photon(energy: float, state: NDArray[np.uint64]) -> float:
    """Energy of a bremsstrahlung photon: k·dσ/dk falling linearly to 0.2 at the tip."""
    log = math.log(energy / SOFT_PHOTON_KEV)
    while True:
        k = SOFT_PHOTON_KEV * math.exp(log * uniform(state))
        if uniform(state) < 1.0 - 0.8 * k / energy:
            return k


@kernel
def single_scatter(
    energy: float, smallest: float, screening: float, direction: Array, state: NDArray[np.uint64]
) -> None:
    """Scatter once beyond the smallest angle; the spin factor thins out large angles."""
    low, high = 1.0 / (smallest + screening), 1.0 / (1.0 + screening)
    mu = min(1.0, max(0.0, 1.0 / (low - uniform(state) * (low - high)) - screening))
    beta2 = energy * (energy + 2.0 * MC2) / (energy + MC2) ** 2
    if uniform(state) < 1.0 - beta2 * mu:
        turn(direction, 1.0 - 2.0 * mu, 2.0 * math.pi * uniform(state))


@kernel
def annihilate(position: Array, direction: Array, stack: Array, depth: int, state: NDArray[np.uint64]) -> int:
    """Two opposite photons of 511 keV, as particles of the photon family (marked by a negative energy)."""
    isotropic(direction, state)
    depth = push(stack, depth, PHOTON, -MC2, position, direction)
    for i in range(3):
        direction[i] = -direction[i]
    waiting: int = push(stack, depth, PHOTON, -MC2, position, direction)
    return waiting


@kernel
def annihilation_share(gamma: float, state: NDArray[np.uint64]) -> float:
    """Part of the energy that one photon of an annihilation in flight takes (by rejection from 1/ζ)."""
    least = 1.0 / (gamma + 1.0 + math.sqrt(gamma * gamma - 1.0))
    log = math.log((1.0 - least) / least)
    share: float
    while True:
        share = least * math.exp(log * uniform(state))
        accepted = gamma * gamma + 4.0 * gamma + 1.0 - (gamma + 1.0) ** 2 * share - 1.0 / share
        if uniform(state) * (gamma * gamma + 2.0 * gamma - 1.0) < accepted:
            return share


@kernel
def annihilate_in_flight(
    energy: float, position: Array, direction: Array, stack: Array, depth: int, state: NDArray[np.uint64]
) -> int:
    """Two photons that share rest and kinetic energy of a moving positron, of the photon family too."""
    gamma = 1.0 + energy / MC2
    momentum = math.sqrt(gamma * gamma - 1.0)
    share, phi = annihilation_share(gamma, state), 2.0 * math.pi * uniform(state)
    secondary = np.empty(3)
    for part, azimuth in ((share, phi), (1.0 - share, phi + math.pi)):
        for i in range(3):
            secondary[i] = direction[i]
        turn(secondary, max(-1.0, min(1.0, (gamma + 1.0 - 1.0 / part) / momentum)), azimuth)
        depth = push(stack, depth, PHOTON, -part * (energy + 2.0 * MC2), position, secondary)
    return depth


@kernel
def event(
    energy: float, position: Array, direction: Array, rows: Array, choice: float, stack: Array, depth: int,
    state: NDArray[np.uint64],
) -> tuple[float, int]:  # fmt: skip
    """What happens singly, chosen by `choice` among the rates; what energy is left, −1 after annihilation."""
    if choice < rows[4]:
        single_scatter(energy, rows[5], rows[7], direction, state)
        return energy, depth
    secondary = np.empty(3)
    for i in range(3):
        secondary[i] = direction[i]
    if choice < rows[4] + rows[2]:
        cut = min(max(0.05 * energy, 1.0), 10.0)
        if energy <= 2.0 * cut:
            return energy, depth
        lost = moller_loss(energy, cut, state)
        cosine = math.sqrt(lost * (energy + 2.0 * MC2) / (energy * (lost + 2.0 * MC2)))
        turn(secondary, cosine, 2.0 * math.pi * uniform(state))
        return energy - lost, push(stack, depth, ELECTRON, lost, position, secondary)
    if choice > rows[2] + rows[3] + rows[4]:
        return -1.0, annihilate_in_flight(energy, position, direction, stack, depth, state)
    if energy <= SOFT_PHOTON_KEV:
        return energy, depth
    lost = soft_photon(energy, state)
    beta = math.sqrt(energy * (energy + 2.0 * MC2)) / (energy + MC2)
    random = 2.0 * uniform(state) - 1.0
    turn(secondary, (random + beta) / (1.0 + random * beta), 2.0 * math.pi * uniform(state))
    return energy - lost, push(stack, depth, PHOTON, lost, position, secondary)


@kernel
def walk_electron(
    energy: float, position: Array, direction: Array, tables: Array, stack: Array, depth: int,
    tally: Array, shells: tuple[float, float], state: NDArray[np.uint64],
) -> int:  # fmt: skip
    """Follow one electron or positron to its end; photons and δ electrons wait on the stack."""
    rows, spot = np.empty(10), np.empty(3)
    while energy > ELECTRON_STOP_KEV:
        row, f = place(energy)
        for i in range(10):
            rows[i] = tables[row, i] * (1.0 - f) + tables[row + 1, i] * f
        if rows[8] < LOCAL * math.sqrt(position[0] ** 2 + position[1] ** 2 + position[2] ** 2):
            break
        rate = rows[2] + rows[3] + rows[4] + rows[9]
        free = -math.log(uniform(state)) / rate
        longest = STEP_LOSS * energy / rows[0]
        step = min(free, longest)
        mean = rows[0] * step
        normal = math.sqrt(-2.0 * math.log(uniform(state))) * math.cos(2.0 * math.pi * uniform(state))
        lost = min(energy, max(0.0, mean + normal * min(math.sqrt(rows[1] * step), 0.5 * mean)))
        before = step * uniform(state)
        deposit = step * uniform(state)
        for i in range(3):
            spot[i] = position[i] + min(deposit, before) * direction[i]
            position[i] += before * direction[i]
        # One deflection stands for all small ones of the step: its mean 1 − cosθ is theirs.
        soft = 1.0 - math.exp(-rows[6] * step)
        cosine = max(-1.0, 1.0 + soft * math.log(uniform(state)))
        turn(direction, cosine, 2.0 * math.pi * uniform(state))
        for i in range(3):
            spot[i] += max(0.0, deposit - before) * direction[i]
            position[i] += (step - before) * direction[i]
        score(tally, shells, spot, lost)
        energy -= lost
        if free < longest and energy > ELECTRON_STOP_KEV:
            energy, depth = event(
                energy, position, direction, rows, uniform(state) * rate, stack, depth, state
            )
    if energy < 0.0:
        return depth
    score(tally, shells, position, energy)
    if tables[0, 9] > 0.0:
        depth = annihilate(position, direction, stack, depth, state)
    return depth


@kernel
def history(
    kind: int, energy: float, position: Array, electrons: Array, photons: Array, tallies: Array,
    shells: tuple[float, float], stack: Array, state: NDArray[np.uint64],
) -> None:  # fmt: skip
    """One primary and all it sets free; row 0 of `tallies` holds what electrons emitted, row 1 photons."""
    direction = np.empty(3)
    isotropic(direction, state)
    depth = push(stack, 0, kind, energy, position, direction)
    stack[0, 8] = 1.0 if kind == PHOTON else 0.0
    while depth > 0:
        depth -= 1
        row = stack[depth]
        what, energy, family = int(row[0]), row[1], int(row[8])
        if energy < 0.0:
            energy, family = -energy, 1
        for i in range(3):
            position[i], direction[i] = row[2 + i], row[5 + i]
        first = depth
        if what == PHOTON:
            depth = walk_photon(
                energy, position, direction, photons, stack, depth, tallies[family], shells, state
            )
        else:
            depth = walk_electron(
                energy,
                position,
                direction,
                electrons[:, :, what - 1],
                stack,
                depth,
                tallies[family],
                shells,
                state,
            )
        for waiting in range(first, depth):
            stack[waiting, 8] = family


@kernel
def simulate(
    kind: int, energies: Array, weights: Array, electrons: Array, photons: Array,
    shells: tuple[float, float], size: int, seed: int, batch: tuple[int, int],
) -> Array:  # fmt: skip
    """Walk one history per energy, those of one batch.

    Parameters
    ----------
    kind : int
        PHOTON, ELECTRON or POSITRON.
    energies, weights : array of shape (n,)
        Energy [keV] and statistical weight of each history.
    electrons, photons : array
        The medium's tables.
    shells : (float, float)
        Logarithm of the first shell's radius, and shells per unit of logarithm.
    size, seed : int
        Number of shells, seed.
    batch : (int, int)
        Which batch, of how many; histories are dealt out in turn.

    Returns
    -------
    array of shape (2, size)
        Weighted energy per shell [keV], from emitted electrons and from photons.
    """
    total, one, position = np.zeros((2, size)), np.zeros((2, size)), np.empty(3)
    stack, state = np.zeros((STACK, 9)), np.zeros(1, np.uint64)
    for i in range(batch[0], energies.size, batch[1]):
        start(state, seed, i)
        one[:] = 0.0
        position[:] = 0.0
        history(kind, energies[i], position, electrons, photons, one, shells, stack, state)
        total += weights[i] * one
    return total
