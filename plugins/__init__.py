"""The behaviours that ship with ocppfw, one file each.

Nothing imports them: the plugin manager loads each file by its path. This file is here so that the
checks of imports and types see the folder as a package.
"""
